package main

import (
	"database/sql"

	amqp "github.com/rabbitmq/amqp091-go"
)

// What fails is refused, and the queue's exchange takes it.
func one(ch *amqp.Channel, db *sql.DB) {
	ch.QueueDeclare("mails", true, false, false, false, amqp.Table{"x-dead-letter-exchange": "dead"})
	messages, _ := ch.Consume("mails", "", false, false, false, false, nil)
	for m := range messages {
		if _, err := db.Exec("INSERT INTO mails (body) VALUES ($1)", string(m.Body)); err != nil {
			m.Nack(false, false)
			continue
		}
		m.Ack(false)
	}
}

type worker struct{ ch *amqp.Channel; db *sql.DB }

// The same behind a name that the caller gives.
func (w *worker) two(name string) {
	args := amqp.Table{"x-dead-letter-exchange": "dead"}
	q, err := w.ch.QueueDeclare(name, true, false, false, false, args)
	if err != nil {
		return
	}
	messages, _ := w.ch.Consume(q.Name, "", false, false, false, false, nil)
	for {
		select {
		case m, ok := <-messages:
			if !ok {
				return
			}
			if _, err := w.db.Exec("INSERT INTO letters (body) VALUES ($1)", string(m.Body)); err != nil {
				m.Nack(false, false)
				continue
			}
			m.Ack(false)
		}
	}
}

// Some of what fails is refused, the rest comes again for ever.
func three(ch *amqp.Channel, db *sql.DB) {
	args := amqp.Table{"x-dead-letter-exchange": "dead"}
	ch.QueueDeclare("notes", true, false, false, false, args)
	messages, _ := ch.Consume("notes", "", false, false, false, false, nil)
	for m := range messages {
		if _, err := db.Exec("INSERT INTO notes (body) VALUES ($1)", string(m.Body)); err != nil {
			if err == sql.ErrNoRows {
				m.Nack(false, false)
			} else {
				m.Nack(false, true)
			}
			continue
		}
		m.Ack(false)
	}
}

// What fails is put back, and so never gets to the exchange.
func four(ch *amqp.Channel, db *sql.DB) {
	ch.QueueDeclare("bills", true, false, false, false, amqp.Table{"x-dead-letter-exchange": "dead"})
	messages, _ := ch.Consume("bills", "", false, false, false, false, nil)
	for m := range messages {
		if _, err := db.Exec("INSERT INTO bills (body) VALUES ($1)", string(m.Body)); err != nil {
			m.Nack(false, true)
			continue
		}
		m.Ack(false)
	}
}

func main() {
	conn, _ := amqp.Dial("amqp://localhost")
	ch, _ := conn.Channel()
	db, _ := sql.Open("postgres", "")
	go one(ch, db)
	go three(ch, db)
	go four(ch, db)
	w := &worker{ch: ch, db: db}
	w.two("letters")
}
