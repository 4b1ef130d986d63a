// A generic type is declared in one file of a package, and its methods stand in another.
package main

import mqtt "github.com/eclipse/paho.mqtt.golang"

type seen struct{ topic string }

var last = &store[string, *seen]{held: map[string]*seen{}}

func heard(client mqtt.Client, msg mqtt.Message) {
	before, ok := last.get(msg.Topic())
	if ok && before.topic == msg.Topic() {
		return
	}
	err := last.put(msg.Topic(), &seen{topic: msg.Topic()})
	if err != nil {
		client.Publish("seen", 1, false, msg.Payload())
	}
}

func main() {
	client := mqtt.NewClient(mqtt.NewClientOptions())
	client.Subscribe("doors", 1, heard)
	select {}
}
