package main

import (
	"context"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/cafe/bus"
)

type app struct{ reader bus.Reader }

func (a *app) printed(ctx context.Context, messages <-chan amqp.Delivery) {
	for message := range messages {
		fmt.Println(string(message.Body))
		message.Ack(false)
	}
}

// Hears what its option names, and not the default.
func main() {
	conn, _ := amqp.Dial("amqp://localhost")
	a := &app{reader: bus.NewReader(conn)}
	a.reader.Configure(bus.Queue("mails"))
	a.reader.Start(a.printed)
}
