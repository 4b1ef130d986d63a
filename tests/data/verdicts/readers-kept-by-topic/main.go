package main

import (
	"context"
	"database/sql"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// client keeps its consumers by topic; options put them there.
type client struct{ consumers map[string]jetstream.Consumer }

type option func(*client, jetstream.JetStream) error

func with(topic, stream, durable string) option {
	return func(c *client, js jetstream.JetStream) error {
		consumer, err := js.CreateConsumer(context.Background(), stream, jetstream.ConsumerConfig{Durable: durable})
		if err != nil {
			return err
		}
		c.consumers[topic] = consumer
		return nil
	}
}

func dial(js jetstream.JetStream, options ...option) *client {
	c := &client{consumers: map[string]jetstream.Consumer{}}
	for _, o := range options {
		_ = o(c, js)
	}
	return c
}

func (c *client) consume(topic string, handle func([]byte) error) error {
	consumer, found := c.consumers[topic]
	if !found {
		return nil
	}
	_, err := consumer.Consume(func(msg jetstream.Msg) {
		if handle(msg.Data()) == nil {
			_ = msg.Ack()
		}
	})
	return err
}

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	js, _ := jetstream.New(nc)
	db, _ := sql.Open("postgres", "")
	c := dial(js, with("submitted", "submitted-stream", "submitted-consumer"), with("mined", "mined-stream", "mined-consumer"))
	_ = c.consume("submitted", func(body []byte) error {
		_, err := db.Exec("INSERT INTO transactions (hash) VALUES ($1) ON CONFLICT (hash) DO NOTHING", body)
		return err
	})
	_ = c.consume("mined", func(body []byte) error {
		_, err := db.Exec("UPDATE blocks SET transactions = transactions + 1 WHERE hash = $1", body)
		return err
	})
	select {}
}
