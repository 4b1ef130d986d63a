package main

import (
	"context"
	"database/sql"
	"encoding/json"

	"example.com/loops/loop"
	"github.com/segmentio/kafka-go"
)

type order struct {
	ID  string
	Qty int
}

type stock struct{ db *sql.DB }

// onOrder has a validity of several fields asked before it, and takes from the stock again when a
// message comes twice.
func (s *stock) onOrder(ctx context.Context, m kafka.Message) error {
	var o order
	if err := json.Unmarshal(m.Value, &o); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, "UPDATE stock SET qty = qty - $1 WHERE id = $2", o.Qty, o.ID)
	return err
}

// onName sets a value, and is asked nothing but whether the message is of a kind.
func (s *stock) onName(ctx context.Context, m kafka.Message) error {
	var o order
	if err := json.Unmarshal(m.Value, &o); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, "UPDATE names SET name = $1 WHERE id = $2", string(m.Key), o.ID)
	return err
}

func isValid(_ context.Context, m kafka.Message) bool {
	var o order
	if err := json.Unmarshal(m.Value, &o); err != nil {
		return false
	}
	return o.ID != "" && o.Qty > 0
}

func isName(_ context.Context, m kafka.Message) bool {
	return string(m.Key) == "name"
}

func orders(s *stock) func(context.Context) {
	r := kafka.NewReader(kafka.ReaderConfig{Topic: "orders.created", GroupID: "stock"})
	return loop.New(r, isValid, s.onOrder)
}

func names(s *stock) func(context.Context) {
	r := kafka.NewReader(kafka.ReaderConfig{Topic: "names.changed", GroupID: "stock"})
	return loop.New(r, isName, s.onName)
}

func main() {
	s := &stock{}
	go orders(s)(context.Background())
	names(s)(context.Background())
}
