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

// All stands behind the record of messages.
func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	seen, err := s.isProcessed(ctx, e.ID)
	if err != nil {
		return true, err
	}
	if seen {
		return false, nil
	}
	if _, err := s.db.ExecContext(ctx, "INSERT INTO audit (payment) VALUES ($1)", p.ID); err != nil {
		return true, err
	}
	_, err = s.db.ExecContext(ctx, "INSERT INTO processed_events (id) VALUES ($1)", e.ID)
	return err != nil, err
}

// Nothing is protected: that is told as a whole.
func (s *store) onRefunded(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	_, err = s.db.ExecContext(ctx, "UPDATE accounts SET total = total - $1", p.Amount)
	return err != nil, err
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
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.refunded"}, s.onRefunded)
	_ = service.Start()
}
