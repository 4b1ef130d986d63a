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

type payment struct {
	ID     string `json:"id"`
	Amount int64  `json:"amount"`
}

type store struct {
	db   *sql.DB
	seen *seen
	ttl  time.Duration
}

// A day.
func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	known, err := s.seen.isProcessed(ctx, e.ID)
	if err != nil || known {
		return false, err
	}
	if err := s.add(ctx, p); err != nil {
		return true, err
	}
	return false, s.seen.markProcessed(ctx, e.ID, 24*time.Hour)
}

// A short claim that a long mark confirms.
func (s *store) onRefunded(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	fresh, err := s.seen.claimEvent(ctx, e.ID, time.Minute)
	if err != nil || !fresh {
		return false, err
	}
	if err := s.add(ctx, p); err != nil {
		return true, err
	}
	return false, s.seen.markProcessed(ctx, e.ID, 24*time.Hour)
}

// Nobody knows how long a configured time is.
func (s *store) onClosed(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	known, err := s.seen.isProcessed(ctx, e.ID)
	if err != nil || known {
		return false, err
	}
	if err := s.add(ctx, p); err != nil {
		return true, err
	}
	return false, s.seen.markProcessed(ctx, e.ID, s.ttl)
}

func (s *store) add(ctx context.Context, p payment) error {
	_, err := s.db.ExecContext(ctx, "UPDATE accounts SET total = total + $1", p.Amount)
	return err
}

type seen struct{ rdb *redis.Client }

func (s *seen) isProcessed(ctx context.Context, id string) (bool, error) {
	n, err := s.rdb.Exists(ctx, "seen:"+id).Result()
	return n > 0, err
}

func (s *seen) claimEvent(ctx context.Context, id string, ttl time.Duration) (bool, error) {
	return s.rdb.SetNX(ctx, "seen:"+id, 0, ttl).Result()
}

func (s *seen) markProcessed(ctx context.Context, id string, ttl time.Duration) error {
	return s.rdb.Set(ctx, "seen:"+id, 1, ttl).Err()
}

func main() {
	s := &store{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.refunded"}, s.onRefunded)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.closed"}, s.onClosed)
	_ = service.Start()
}
