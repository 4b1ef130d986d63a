package main

import (
	"encoding/json"
	"log"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"example.com/pairs/link"
)

type order struct{ ID string }

// Each topic has the handler that stands beside it.
func main() {
	entries := []link.Entry{
		{Topic: "orders/placed", Handle: placed},
		{Topic: "orders/seen", Handle: seen},
	}
	options := mqtt.NewClientOptions().SetOnConnectHandler(link.All(entries))
	client := mqtt.NewClient(options)
	client.Connect()
	select {}
}

func placed(client mqtt.Client, m mqtt.Message) {
	var o order
	if err := json.Unmarshal(m.Payload(), &o); err != nil {
		return
	}
	client.Publish("orders/told", 1, false, o.ID)
}

func seen(_ mqtt.Client, m mqtt.Message) {
	log.Printf("seen %s", m.Payload())
}
