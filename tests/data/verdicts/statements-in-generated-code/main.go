package main

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/segmentio/kafka-go"

	"example.com/kitchen/store"
)

type ordered struct {
	DishID string `json:"dish_id"`
	Name   string `json:"name"`
}

// The primary key that the message brings refuses a second one.
func cook(ctx context.Context, queries *store.Queries) {
	r := kafka.NewReader(kafka.ReaderConfig{Topic: "dish.ordered", GroupID: "kitchen"})
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return
		}
		var o ordered
		if json.Unmarshal(m.Value, &o) != nil {
			continue
		}
		if _, err := queries.CreateDish(ctx, store.CreateDishParams{ID: o.DishID, Name: o.Name}); err != nil {
			continue
		}
		r.CommitMessages(ctx, m)
	}
}

// Each delivery leaves a note of its own.
func note(ctx context.Context, queries *store.Queries) {
	r := kafka.NewReader(kafka.ReaderConfig{Topic: "dish.noted", GroupID: "kitchen"})
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return
		}
		if err := queries.CreateNote(ctx, string(m.Value)); err != nil {
			continue
		}
		r.CommitMessages(ctx, m)
	}
}

func main() {
	db, _ := sql.Open("postgres", "")
	queries := store.New(db)
	go note(context.Background(), queries)
	cook(context.Background(), queries)
}
