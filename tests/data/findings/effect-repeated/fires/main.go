package main

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
)

type payment struct {
	ID     string `json:"id"`
	Amount int64  `json:"amount"`
}

type store struct{ db *sql.DB }

// The audit line is written before the record of messages is asked, and the gift behind a record that
// ends nothing but the addition.
func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	if _, err := s.db.ExecContext(ctx, "INSERT INTO audit (payment) VALUES ($1)", p.ID); err != nil { // want
		return true, err
	}
	if err := s.once(ctx, e.ID, p); err != nil {
		return true, err
	}
	_, err = s.db.ExecContext(ctx, "UPDATE gifts SET points = points + 1") // want
	return err != nil, err
}

func (s *store) once(ctx context.Context, id string, p payment) error {
	seen, err := s.isProcessed(ctx, id)
	if err != nil {
		return err
	}
	if seen {
		return nil
	}
	if _, err := s.db.ExecContext(ctx, "UPDATE accounts SET total = total + $1", p.Amount); err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, "INSERT INTO processed_events (id) VALUES ($1)", id)
	return err
}

func (s *store) isProcessed(ctx context.Context, id string) (bool, error) {
	var seen bool
	err := s.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM processed_events WHERE id = $1)", id).Scan(&seen)
	return seen, err
}

func main() {
	s := &store{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	_ = service.Start()
}
