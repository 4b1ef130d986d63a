package main

import (
	"database/sql"

	"example.com/b/bus"
	amqp "github.com/rabbitmq/amqp091-go"
)

func main() {
	conn, _ := amqp.Dial("amqp://x")
	db, _ := sql.Open("postgres", "")
	_ = bus.Subscribe(conn, "queue-two", func(b []byte) error {
		_, err := db.Exec("INSERT INTO t_two (body) VALUES ($1)", b)
		return err
	})
}
