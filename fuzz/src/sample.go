package main

import (
	"context"
	"encoding/json"

	"github.com/segmentio/kafka-go"
)

type Event struct {
	ID string `json:"id"`
}

type Store interface {
	Insert(ctx context.Context, event Event) error
}

func run(ctx context.Context, store Store) error {
	reader := kafka.NewReader(kafka.ReaderConfig{Topic: "orders.created", GroupID: "mail"})
	for {
		message, err := reader.ReadMessage(ctx)
		if err != nil {
			return err
		}
		var event Event
		if err := json.Unmarshal(message.Value, &event); err != nil {
			continue
		}
		if err := store.Insert(ctx, event); err != nil {
			return err
		}
	}
}

func main() {
	_ = run(context.Background(), nil)
}
