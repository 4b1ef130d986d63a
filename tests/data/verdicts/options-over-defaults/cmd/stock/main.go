package main

import (
	"context"
	"database/sql"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/cafe/bus"
)

type app struct {
	reader bus.Reader
	db     *sql.DB
}

func (a *app) sold(ctx context.Context, messages <-chan amqp.Delivery) {
	for message := range messages {
		a.db.ExecContext(ctx, "UPDATE stock SET sold = sold + 1 WHERE sku = $1", string(message.Body))
		message.Ack(false)
	}
}

// Leaves the default as it is.
func main() {
	conn, _ := amqp.Dial("amqp://localhost")
	db, _ := sql.Open("postgres", "")
	a := &app{reader: bus.NewReader(conn), db: db}
	a.reader.Start(a.sold)
}
