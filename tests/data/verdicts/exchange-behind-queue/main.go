package main

import (
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
)

// The broker names the queue: what is heard is the exchange.
func fanout(ch *amqp.Channel) {
	q, _ := ch.QueueDeclare("", false, true, true, false, nil)
	ch.QueueBind(q.Name, "", "user_events", false, nil)
	messages, _ := ch.Consume(q.Name, "", true, true, false, false, nil)
	for message := range messages {
		fmt.Println(string(message.Body))
	}
}

// Every key of one exchange.
func all(ch *amqp.Channel) {
	ch.QueueDeclare("audit", true, false, false, false, nil)
	ch.QueueBind("audit", "#", "order_events", false, nil)
	messages, _ := ch.Consume("audit", "", false, false, false, false, nil)
	for message := range messages {
		fmt.Println(string(message.Body))
		message.Ack(false)
	}
}

// Every key of several exchanges: the queue goes by its own name.
func several(ch *amqp.Channel, exchanges ...string) {
	ch.QueueDeclare("letters", true, false, false, false, nil)
	for _, exchange := range exchanges {
		ch.QueueBind("letters", "#", exchange, false, nil)
	}
	messages, _ := ch.Consume("letters", "", false, false, false, false, nil)
	for message := range messages {
		fmt.Println(string(message.Body))
		message.Ack(false)
	}
}

func main() {
	conn, _ := amqp.Dial("amqp://localhost")
	ch, _ := conn.Channel()
	go fanout(ch)
	go all(ch)
	several(ch, "billing", "login")
}
