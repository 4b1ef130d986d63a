package main

import (
	"context"
	"database/sql"

	"github.com/segmentio/kafka-go"
)

type message struct{ key, value []byte }

type bus struct{ channels map[string]chan *message }

func (b *bus) consume(ctx context.Context, topic string) <-chan *message {
	ch := make(chan *message, 8)
	b.channels[topic] = ch
	r := kafka.NewReader(kafka.ReaderConfig{Topic: topic, GroupID: "app"})
	go b.read(ctx, topic, r)
	return ch
}

func (b *bus) read(ctx context.Context, topic string, r *kafka.Reader) {
	ch := b.channels[topic]
	for {
		m, err := r.ReadMessage(ctx)
		if err != nil {
			return
		}
		ch <- &message{key: m.Key, value: m.Value}
	}
}

type app struct {
	b  *bus
	db *sql.DB
}

func (a *app) orders(ctx context.Context) {
	for m := range a.b.consume(ctx, "orders") {
		_, _ = a.db.Exec("INSERT INTO orders (body) VALUES ($1)", m.value)
	}
}

func (a *app) prices(ctx context.Context) {
	for m := range a.b.consume(ctx, "prices") {
		_, _ = a.db.Exec("UPDATE prices SET body = $1 WHERE key = $2", m.value, m.key)
	}
}

func main() {
	db, _ := sql.Open("postgres", "")
	a := &app{b: &bus{channels: map[string]chan *message{}}, db: db}
	go a.orders(context.Background())
	a.prices(context.Background())
}
