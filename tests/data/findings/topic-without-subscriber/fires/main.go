package main

import (
	"log"

	"github.com/nats-io/nats.go"
)

func main() {
	nc, _ := nats.Connect("")
	_, _ = nc.Subscribe("order.paid", func(m *nats.Msg) { log.Print(len(m.Data)) })
	_ = nc.Publish("order.paid", nil)
	_ = nc.Publish("order.sent", nil) // want
	select {}
}
