// An answer goes to whoever asks: who asks twice is answered twice, be it sent by a helper or by a
// writer that keeps where to. What is sent to a queue of the handler's own choice is repeated.
package main

import (
	"context"
	"encoding/json"

	amqp "github.com/rabbitmq/amqp091-go"
)

type quote struct{ Price int }

func main() {
	conn, _ := amqp.Dial("amqp://localhost")
	ch, _ := conn.Channel()
	go asked(ch)
	go askedOfHelper(ch)
	go askedOfWriter(ch)
	go tellsByHelper(ch)
	told(ch)
}

func asked(ch *amqp.Channel) {
	deliveries, _ := ch.Consume("quotes.asked", "", false, false, false, false, nil)
	for d := range deliveries {
		answer(ch, d)
	}
}

func askedOfHelper(ch *amqp.Channel) {
	deliveries, _ := ch.Consume("quotes.asked.helper", "", false, false, false, false, nil)
	for d := range deliveries {
		send(ch, d.ReplyTo, d.CorrelationId)
		_ = d.Ack(false)
	}
}

func askedOfWriter(ch *amqp.Channel) {
	deliveries, _ := ch.Consume("quotes.asked.writer", "", false, false, false, false, nil)
	for d := range deliveries {
		w := newWriter(ch, d.ReplyTo)
		w.write([]byte("{}"))
		_ = d.Ack(false)
	}
}

func tellsByHelper(ch *amqp.Channel) {
	deliveries, _ := ch.Consume("quotes.told.helper", "", false, false, false, false, nil)
	for d := range deliveries {
		send(ch, "quotes.heard", d.CorrelationId)
		_ = d.Ack(false)
	}
}

func send(ch *amqp.Channel, queue, id string) {
	q, err := ch.QueueDeclare(queue, true, false, false, false, nil)
	if err != nil {
		return
	}
	msg := amqp.Publishing{CorrelationId: id, Body: []byte("{}")}
	_ = ch.PublishWithContext(context.Background(), "", q.Name, false, false, msg)
}

type writer struct {
	ch *amqp.Channel
	to string
}

func newWriter(ch *amqp.Channel, to string) *writer { return &writer{ch: ch, to: to} }

func (w *writer) write(body []byte) {
	msg := amqp.Publishing{Body: body}
	_ = w.ch.PublishWithContext(context.Background(), "", w.to, false, false, msg)
}

func told(ch *amqp.Channel) {
	deliveries, _ := ch.Consume("quotes.told", "", false, false, false, false, nil)
	for d := range deliveries {
		tell(ch, d)
	}
}

func answer(ch *amqp.Channel, d amqp.Delivery) {
	var q quote
	if err := json.Unmarshal(d.Body, &q); err != nil {
		_ = d.Nack(false, false)
		return
	}
	msg := amqp.Publishing{CorrelationId: d.CorrelationId, Body: []byte("{}")}
	_ = ch.PublishWithContext(context.Background(), "", d.ReplyTo, false, false, msg)
	_ = d.Ack(false)
}

func tell(ch *amqp.Channel, d amqp.Delivery) {
	var q quote
	if err := json.Unmarshal(d.Body, &q); err != nil {
		_ = d.Nack(false, false)
		return
	}
	msg := amqp.Publishing{CorrelationId: d.CorrelationId, Body: []byte("{}")}
	_ = ch.PublishWithContext(context.Background(), "", "quotes.heard", false, false, msg)
	_ = d.Ack(false)
}
