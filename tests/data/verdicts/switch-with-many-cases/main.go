// Each event has its case, all share the claim of the message's id, and the last forgets it.
package main

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/segmentio/kafka-go"
)

type event struct {
	ID, Type, Order string
	Amount          int
}

type store struct{ db *sql.DB }

// claim records a message unless it is there.
func (s *store) claim(ctx context.Context, id string) (bool, error) {
	res, err := s.db.ExecContext(ctx, "INSERT INTO processed_events (id) VALUES ($1) ON CONFLICT DO NOTHING", id)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func (s *store) add(ctx context.Context, order string, amount int) error {
	_, err := s.db.ExecContext(ctx, "UPDATE orders SET paid = paid + $2 WHERE id = $1", order, amount)
	return err
}

type service struct{ store *store }

func (s *service) once(ctx context.Context, e event) error {
	fresh, err := s.store.claim(ctx, e.ID)
	if err != nil {
		return err
	}
	if !fresh {
		return nil
	}
	return s.store.add(ctx, e.Order, e.Amount)
}

func (s *service) reserved(ctx context.Context, e event) error  { return s.once(ctx, e) }
func (s *service) rejected(ctx context.Context, e event) error  { return s.once(ctx, e) }
func (s *service) captured(ctx context.Context, e event) error  { return s.once(ctx, e) }
func (s *service) failed(ctx context.Context, e event) error    { return s.once(ctx, e) }
func (s *service) shipped(ctx context.Context, e event) error   { return s.once(ctx, e) }
func (s *service) delivered(ctx context.Context, e event) error { return s.store.add(ctx, e.Order, e.Amount) }

func (s *service) handle(ctx context.Context, e event) error {
	switch e.Type {
	case "reserved":
		return s.reserved(ctx, e)
	case "rejected":
		return s.rejected(ctx, e)
	case "captured":
		return s.captured(ctx, e)
	case "failed":
		return s.failed(ctx, e)
	case "shipped":
		return s.shipped(ctx, e)
	case "delivered":
		return s.delivered(ctx, e)
	}
	return nil
}

func main() {
	ctx := context.Background()
	db, _ := sql.Open("pgx", "")
	s := &service{store: &store{db: db}}
	reader := kafka.NewReader(kafka.ReaderConfig{Topic: "orders", GroupID: "billing"})
	for {
		msg, err := reader.FetchMessage(ctx)
		if err != nil {
			return
		}
		var e event
		if err := json.Unmarshal(msg.Value, &e); err != nil {
			continue
		}
		if err := s.handle(ctx, e); err != nil {
			continue
		}
		reader.CommitMessages(ctx, msg)
	}
}
