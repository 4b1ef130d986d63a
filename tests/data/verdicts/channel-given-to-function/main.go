package main

import (
	"context"
	"database/sql"

	amqp "github.com/rabbitmq/amqp091-go"
)

type worker func(ctx context.Context, messages <-chan amqp.Delivery)

type consumer struct {
	conn  *amqp.Connection
	queue string
}

type Option func(*consumer)

func Queue(name string) Option { return func(c *consumer) { c.queue = name } }

func New(conn *amqp.Connection) *consumer { return &consumer{conn: conn, queue: "default-queue"} }

func (c *consumer) Configure(opts ...Option) {
	for _, o := range opts {
		o(c)
	}
}

func (c *consumer) Start(fn worker) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ch, err := c.conn.Channel()
	if err != nil {
		return err
	}
	deliveries, err := ch.Consume(c.queue, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	for i := 0; i < 4; i++ {
		go fn(ctx, deliveries)
	}
	<-ctx.Done()
	return nil
}

type app struct{ db *sql.DB }

func (a *app) Worker(ctx context.Context, messages <-chan amqp.Delivery) {
	for m := range messages {
		if _, err := a.db.Exec("INSERT INTO orders (body) VALUES ($1)", m.Body); err != nil {
			_ = m.Reject(false)
			continue
		}
		_ = m.Ack(false)
	}
}

func main() {
	conn, _ := amqp.Dial("amqp://x")
	db, _ := sql.Open("postgres", "")
	a := &app{db: db}
	c := New(conn)
	c.Configure(Queue("barista-queue"))
	_ = c.Start(a.Worker)
}
