// What handles messages is a field that an option sets.
package main

import (
	"context"
	"database/sql"

	"github.com/segmentio/kafka-go"
)

type handlerFunc func(ctx context.Context, m kafka.Message) error

type consumer struct {
	reader *kafka.Reader
	handle handlerFunc
}

type option func(*consumer)

func withHandler(h handlerFunc) option {
	return func(c *consumer) { c.handle = h }
}

func withTopic(topic string) option {
	return func(c *consumer) {
		c.reader = kafka.NewReader(kafka.ReaderConfig{Topic: topic, GroupID: "shop"})
	}
}

func newConsumer(options ...option) *consumer {
	c := &consumer{handle: func(context.Context, kafka.Message) error { return nil }}
	for _, set := range options {
		set(c)
	}
	return c
}

func (c *consumer) run(ctx context.Context) {
	for {
		m, err := c.reader.FetchMessage(ctx)
		if err != nil {
			return
		}
		if err := c.handle(ctx, m); err != nil {
			continue
		}
		_ = c.reader.CommitMessages(ctx, m)
	}
}

func main() {
	ctx := context.Background()
	db, _ := sql.Open("postgres", "x")
	count := func(ctx context.Context, m kafka.Message) error {
		_, err := db.ExecContext(ctx, "UPDATE totals SET spent = spent + $1 WHERE id = $2", m.Value, m.Key)
		return err
	}
	c := newConsumer(withTopic("payments"), withHandler(count))
	c.run(ctx)
}
