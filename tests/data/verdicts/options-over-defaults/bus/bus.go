package bus

import (
	"context"

	amqp "github.com/rabbitmq/amqp091-go"
)

type Option func(*reader)

type Worker func(ctx context.Context, messages <-chan amqp.Delivery)

type Reader interface {
	Configure(...Option) Reader
	Start(work Worker) error
}

type reader struct {
	conn  *amqp.Connection
	queue string
}

// NewReader has a default that most services replace.
func NewReader(conn *amqp.Connection) Reader {
	return &reader{conn: conn, queue: "orders"}
}

func Queue(name string) Option {
	return func(r *reader) { r.queue = name }
}

func (r *reader) Configure(options ...Option) Reader {
	for _, option := range options {
		option(r)
	}
	return r
}

func (r *reader) Start(work Worker) error {
	ch, err := r.conn.Channel()
	if err != nil {
		return err
	}
	messages, err := ch.Consume(r.queue, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	work(context.Background(), messages)
	return nil
}
