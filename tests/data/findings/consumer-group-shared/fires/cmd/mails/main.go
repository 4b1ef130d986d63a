package main

import (
	"github.com/nats-io/nats.go"

	"shop/internal/bus"
)

func onPlaced(m *nats.Msg) { m.Ack() }

func main() {
	b := bus.Open()
	_ = b.Subscribe("order.placed", onPlaced, bus.Group("orders"))
}
