package main

import (
	"context"
	"database/sql"

	amqp "github.com/rabbitmq/amqp091-go"
)

type Message struct{ Body []byte }

type broker struct{ ch *amqp.Channel }

// Subscribe reads the queue and gives each message, in another form, to the function it is told.
func (b *broker) Subscribe(ctx context.Context, queue string, handle func(context.Context, *Message) error) error {
	messages, err := b.startConsuming(queue)
	if err != nil {
		return err
	}
	b.consume(ctx, messages, handle)
	return nil
}

func (b *broker) startConsuming(queue string) (<-chan amqp.Delivery, error) {
	return b.ch.Consume(queue, "", false, false, false, false, nil)
}

func (b *broker) consume(ctx context.Context, messages <-chan amqp.Delivery, handle func(context.Context, *Message) error) {
	for d := range messages {
		if err := handle(ctx, &Message{Body: d.Body}); err != nil {
			_ = d.Nack(false, true)
			continue
		}
		_ = d.Ack(false)
	}
}

type app struct{ db *sql.DB }

func (a *app) handleMessage(ctx context.Context, m *Message) error {
	_, err := a.db.ExecContext(ctx, "INSERT INTO files (body) VALUES ($1)", m.Body)
	return err
}

func main() {
	conn, _ := amqp.Dial("amqp://x")
	ch, _ := conn.Channel()
	db, _ := sql.Open("postgres", "")
	a := &app{db: db}
	_ = (&broker{ch: ch}).Subscribe(context.Background(), "files", a.handleMessage)
}
