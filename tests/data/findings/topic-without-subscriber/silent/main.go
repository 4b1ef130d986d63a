package main

import (
	"log"

	"github.com/nats-io/nats.go"
	"github.com/segmentio/kafka-go"
)

func main() {
	nc, _ := nats.Connect("")
	_, _ = nc.Subscribe("order.*", func(m *nats.Msg) { log.Print(len(m.Data)) })
	_, _ = nc.Subscribe("stock.low", func(m *nats.Msg) { log.Print(len(m.Data)) })
	_ = nc.Publish("order.sent", nil)
	_ = nc.Publish("stock.low", nil)
	// Nothing in the repository reads from this broker.
	w := &kafka.Writer{Topic: "exports"}
	_ = w.Close()
	select {}
}
