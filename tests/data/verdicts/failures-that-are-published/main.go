// A handler that publishes where it fails may keep the message or only tell of it; one that publishes
// what it made tells of no failure. What it sends on as it came may go to a place for failed messages.
package main

import (
	"errors"

	"github.com/nats-io/nats.go"
)

var nc *nats.Conn

func main() {
	nc, _ = nats.Connect(nats.DefaultURL)
	_, _ = nc.Subscribe("orders.told", told)
	_, _ = nc.Subscribe("orders.made", made)
	_, _ = nc.Subscribe("orders.sorted", sorted)
	select {}
}

func told(m *nats.Msg) {
	if err := handle(m.Data); err != nil {
		_ = nc.Publish("orders.recover", m.Data)
	}
}

func made(m *nats.Msg) {
	if err := handle(m.Data); err != nil {
		return
	}
	_ = nc.Publish("orders.handled", []byte("{}"))
}

func sorted(m *nats.Msg) {
	switch m.Header.Get("kind") {
	case "order":
		_ = handle(m.Data)
	default:
		_ = nc.PublishMsg(&nats.Msg{Subject: "orders.other", Data: m.Data})
	}
}

func handle(data []byte) error {
	if len(data) == 0 {
		return errors.New("nothing there")
	}
	return nil
}
