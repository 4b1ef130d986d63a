package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
	"github.com/redis/go-redis/v9"
)

const kept = 5 * time.Minute

type payment struct {
	ID     string `json:"id"`
	Amount int64  `json:"amount"`
}

type store struct {
	db   *sql.DB
	seen *seen
}

// The record is gone before the broker gives up.
func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	known, err := s.seen.isProcessed(ctx, e.ID)
	if err != nil {
		return true, err
	}
	if known {
		return false, nil
	}
	if _, err := s.db.ExecContext(ctx, "UPDATE accounts SET total = total + $1", p.Amount); err != nil {
		return true, err
	}
	return false, s.seen.markProcessed(ctx, e.ID, kept) // want
}

type seen struct{ rdb *redis.Client }

func (s *seen) isProcessed(ctx context.Context, id string) (bool, error) {
	n, err := s.rdb.Exists(ctx, "seen:"+id).Result()
	return n > 0, err
}

func (s *seen) markProcessed(ctx context.Context, id string, ttl time.Duration) error {
	return s.rdb.Set(ctx, "seen:"+id, 1, ttl).Err()
}

func main() {
	s := &store{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	_ = service.Start()
}
