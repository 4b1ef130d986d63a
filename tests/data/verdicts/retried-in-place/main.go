package main

import (
	"database/sql"
	"encoding/json"
	"log"

	"github.com/avast/retry-go"
	"github.com/rabbitmq/amqp091-go"
)

type move struct {
	SKU string `json:"sku"`
	By  int    `json:"by"`
}

type stock struct{ db *sql.DB }

func (s *stock) apply(body []byte) error {
	var m move
	if err := json.Unmarshal(body, &m); err != nil {
		return err
	}
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE stock SET held = held + $2 WHERE sku = $1", m.SKU, m.By); err != nil {
		return err
	}
	return tx.Commit()
}

func main() {
	conn, err := amqp091.Dial("amqp://rabbit")
	if err != nil {
		log.Fatal(err)
	}
	ch, err := conn.Channel()
	if err != nil {
		log.Fatal(err)
	}
	db, _ := sql.Open("postgres", "")
	s := &stock{db: db}
	// The queue goes by the name of its exchange, and its readers share it.
	if err := ch.QueueBind("stock_moved", "stock_moved", "stock_moved", false, nil); err != nil {
		log.Fatal(err)
	}
	deliveries, err := ch.Consume("stock_moved", "", false, false, false, false, nil)
	if err != nil {
		log.Fatal(err)
	}
	for d := range deliveries {
		// Tried three times here, and then again by the broker, for ever.
		err := retry.Do(func() error { return s.apply(d.Body) }, retry.Attempts(3))
		if err != nil {
			_ = d.Nack(false, true)
			continue
		}
		_ = d.Ack(false)
	}
}
