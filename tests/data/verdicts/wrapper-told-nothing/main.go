package main

import (
	"context"
	"database/sql"

	amqp "github.com/rabbitmq/amqp091-go"
)

type worker func(ctx context.Context, m amqp.Delivery)

type Option func(*consumer)

func QueueName(name string) Option { return func(c *consumer) { c.queue = name } }

type consumer struct {
	conn  *amqp.Connection
	queue string
}

func NewConsumer(conn *amqp.Connection) *consumer { return &consumer{conn: conn} }

func (c *consumer) Configure(options ...Option) {
	for _, option := range options {
		option(c)
	}
}

// Start declares the queue, and receives where it is told what to run.
func (c *consumer) Start(ctx context.Context, run worker) error {
	ch, err := c.conn.Channel()
	if err != nil {
		return err
	}
	if _, err := ch.QueueDeclare(c.queue, true, false, false, false, nil); err != nil {
		return err
	}
	if run == nil {
		return nil
	}
	messages, err := ch.Consume(c.queue, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	for m := range messages {
		run(ctx, m)
	}
	return nil
}

type orders struct{ db *sql.DB }

func (o *orders) save(ctx context.Context, m amqp.Delivery) {
	_, _ = o.db.ExecContext(ctx, "INSERT INTO orders (body) VALUES ($1)", m.Body)
	_ = m.Ack(false)
}

func main() {
	conn, _ := amqp.Dial("amqp://x")
	db, _ := sql.Open("postgres", "")
	o := &orders{db: db}
	ctx := context.Background()

	placed := NewConsumer(conn)
	placed.Configure(QueueName("orders"))

	delayed := NewConsumer(conn)
	delayed.Configure(QueueName("orders.delayed"))

	go placed.Start(ctx, o.save)
	// Only the queue is wanted.
	_ = delayed.Start(ctx, nil)
}
