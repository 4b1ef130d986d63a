// A reader for each topic of a table, and the table tells who handles its messages.
package main

import (
	"context"
	"database/sql"

	"github.com/segmentio/kafka-go"
)

type app struct {
	db *sql.DB
}

func (a *app) placed(ctx context.Context, m kafka.Message) error {
	_, err := a.db.ExecContext(ctx, "UPDATE totals SET spent = spent + $1 WHERE id = $2", m.Value, m.Key)
	return err
}

func (a *app) shipped(ctx context.Context, m kafka.Message) error {
	_, err := a.db.ExecContext(ctx, "INSERT INTO shipments (id) VALUES ($1) ON CONFLICT (id) DO NOTHING", string(m.Key))
	return err
}

func main() {
	ctx := context.Background()
	db, _ := sql.Open("postgres", "x")
	a := &app{db: db}
	handlers := map[string]func(context.Context, kafka.Message) error{
		"order.placed":  a.placed,
		"order.shipped": a.shipped,
	}
	topics := []string{"order.placed", "order.shipped"}
	reader := kafka.NewReader(kafka.ReaderConfig{GroupTopics: topics, GroupID: "shop"})
	for {
		m, err := reader.FetchMessage(ctx)
		if err != nil {
			return
		}
		handle, ok := handlers[m.Topic]
		if !ok {
			continue
		}
		if err := handle(ctx, m); err != nil {
			continue
		}
		_ = reader.CommitMessages(ctx, m)
	}
}
