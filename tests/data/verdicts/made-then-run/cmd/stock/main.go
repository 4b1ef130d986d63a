package main

import (
	"context"
	"database/sql"

	"github.com/redis/go-redis/v9"

	"example.com/shop/bus"
)

type worker struct{ db *sql.DB }

func (w *worker) onPaid(ctx context.Context, body string) error {
	_, err := w.db.ExecContext(ctx, "UPDATE stock SET sold = sold + 1 WHERE sku = $1", body)
	return err
}

func (w *worker) onSeen(ctx context.Context, body string) error {
	return nil
}

// Two consumers of one type: each has the handler its own Run is given.
func start(ctx context.Context, client *redis.Client, stream string, handle func(context.Context, string) error) {
	consumer := bus.New(client, bus.Config{Stream: stream, Group: "stock"})
	go consumer.Run(ctx, handle)
}

func main() {
	ctx := context.Background()
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
	db, _ := sql.Open("postgres", "")
	w := &worker{db: db}
	start(ctx, client, "order.paid", w.onPaid)
	start(ctx, client, "order.seen", w.onSeen)
	select {}
}
