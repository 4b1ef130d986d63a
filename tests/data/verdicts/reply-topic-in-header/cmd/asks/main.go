package main

import (
	"log"

	"example.com/b/bus"
	"github.com/nats-io/nats.go"
)

type flow interface {
	ReplyTopic() string
}

type steps struct{ replies string }

func (s steps) ReplyTopic() string { return s.replies }

type checkout struct {
	flow
	name string
}

func start(nc *nats.Conn, f flow) error {
	m := bus.New([]byte("{}"))
	m.Headers().Set(bus.ReplyTo, f.ReplyTopic())
	return bus.Send(nc, "stock.commands", m)
}

func main() {
	nc, err := nats.Connect(nats.DefaultURL)
	if err != nil {
		log.Fatal(err)
	}
	f := checkout{flow: steps{replies: "checkout.replies"}, name: "checkout"}
	if err := start(nc, f); err != nil {
		log.Fatal(err)
	}
}
