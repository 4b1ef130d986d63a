package main

import (
	"database/sql"

	amqp "github.com/rabbitmq/amqp091-go"
)

type conn struct {
	ch       *amqp.Channel
	Delivery <-chan amqp.Delivery
}

func (c *conn) connect() error {
	var err error
	c.Delivery, err = c.ch.Consume("orders", "", false, false, false, false, nil)
	return err
}

type server struct {
	c  *conn
	db *sql.DB
}

func (s *server) loop() {
	for d := range s.c.Delivery {
		s.serve(&d)
	}
}

func (s *server) serve(d *amqp.Delivery) {
	_, _ = s.db.Exec("INSERT INTO orders (body) VALUES ($1)", d.Body)
	_ = d.Ack(false)
}

func main() {
	k, _ := amqp.Dial("amqp://x")
	ch, _ := k.Channel()
	db, _ := sql.Open("postgres", "")
	c := &conn{ch: ch}
	_ = c.connect()
	(&server{c: c, db: db}).loop()
}
