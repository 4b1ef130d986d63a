// An answer goes to whoever asks: who asks twice is answered twice. What is sent to a queue of the
// handler's own choice is repeated.
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
	told(ch)
}

func asked(ch *amqp.Channel) {
	deliveries, _ := ch.Consume("quotes.asked", "", false, false, false, false, nil)
	for d := range deliveries {
		answer(ch, d)
	}
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
