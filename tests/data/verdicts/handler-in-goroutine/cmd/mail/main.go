package main

import (
	"encoding/json"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/trips/bus"
)

type trip struct{ ID string }

func printed(body []byte) error {
	var t trip
	if err := json.Unmarshal(body, &t); err != nil {
		return err
	}
	fmt.Println(t.ID)
	return nil
}

func main() {
	conn, _ := amqp.Dial("amqp://localhost")
	ch, _ := conn.Channel()
	bus.New(ch).Subscribe("mail_queue", "trip.created", printed)
	select {}
}
