// A handler that publishes where it fails may keep the message or only tell of it; one that publishes
// what it made tells of no failure.
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
	_ = nc.Publish("orders.handled", m.Data)
}

func handle(data []byte) error {
	if len(data) == 0 {
		return errors.New("nothing there")
	}
	return nil
}
