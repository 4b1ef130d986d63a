package main

import (
	"log"

	"example.com/b/bus"
	"github.com/nats-io/nats.go"
)

func reserve(m bus.Message) (bus.Message, error) {
	log.Printf("reserve %s", m.Body())
	return bus.New(nil), nil
}

func main() {
	nc, err := nats.Connect(nats.DefaultURL)
	if err != nil {
		log.Fatal(err)
	}
	answer := bus.NewAnswer(nc, reserve)
	if err := bus.Listen(nc, "stock.commands", answer.Handle); err != nil {
		log.Fatal(err)
	}
	select {}
}
