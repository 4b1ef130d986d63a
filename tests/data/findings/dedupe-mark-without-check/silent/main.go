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

// Asked for before, recorded behind.
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
	if _, err := s.db.ExecContext(ctx, "UPDATE accounts SET total = total + $1", p.Amount); err != nil {
		return true, err
	}
	return false, s.markProcessed(ctx, s.db, e.ID)
}

// One transaction: the unique key of the record takes the effect of a repeat back.
func (s *store) onRefunded(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return true, err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "UPDATE accounts SET total = total - $1", p.Amount); err != nil {
		return true, err
	}
	if err := s.markProcessed(ctx, tx, e.ID); err != nil {
		return false, err
	}
	return false, tx.Commit()
}

// What is done may be done again.
func (s *store) onRenamed(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	if _, err := s.db.ExecContext(ctx, "UPDATE accounts SET name = $1 WHERE id = $2", "x", p.ID); err != nil {
		return true, err
	}
	return false, s.markProcessed(ctx, s.db, e.ID)
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (s *store) isProcessed(ctx context.Context, id string) (bool, error) {
	var seen bool
	err := s.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM processed_events WHERE id = $1)", id).Scan(&seen)
	return seen, err
}

func (s *store) markProcessed(ctx context.Context, db execer, id string) error {
	_, err := db.ExecContext(ctx, "INSERT INTO processed_events (id) VALUES ($1)", id)
	return err
}

func main() {
	s := &store{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.refunded"}, s.onRefunded)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.renamed"}, s.onRenamed)
	_ = service.Start()
}
