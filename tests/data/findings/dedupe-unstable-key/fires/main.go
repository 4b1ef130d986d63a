package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

type payment struct {
	ID     string `json:"id"`
	Amount int64  `json:"amount"`
}

type store struct {
	db  *sql.DB
	rdb *redis.Client
}

// The key is made here, so no delivery ever meets the record of another.
func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	id := uuid.NewString()
	seen, err := s.isProcessed(ctx, id) // want
	if err != nil || seen {
		return false, err
	}
	if err := s.add(ctx, p); err != nil {
		return true, err
	}
	return false, s.markProcessed(ctx, id)
}

// So is one with the time of the delivery in it.
func (s *store) onRefunded(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	key := fmt.Sprintf("refund:%s:%d", p.ID, time.Now().UnixNano())
	fresh, err := s.rdb.SetNX(ctx, key, 1, 24*time.Hour).Result() // want
	if err != nil || !fresh {
		return false, err
	}
	if err := s.add(ctx, p); err != nil {
		s.rdb.Del(ctx, key)
		return true, err
	}
	return false, nil
}

// Only a message that brings no id is given one.
func (s *store) onClosed(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	id := p.ID
	if id == "" {
		id = uuid.New().String()
	}
	seen, err := s.isProcessed(ctx, id) // want
	if err != nil || seen {
		return false, err
	}
	if err := s.add(ctx, p); err != nil {
		return true, err
	}
	return false, s.markProcessed(ctx, id)
}

func (s *store) add(ctx context.Context, p payment) error {
	_, err := s.db.ExecContext(ctx, "UPDATE accounts SET total = total + $1", p.Amount)
	return err
}

func (s *store) isProcessed(ctx context.Context, id string) (bool, error) {
	var seen bool
	err := s.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM processed_events WHERE id = $1)", id).Scan(&seen)
	return seen, err
}

func (s *store) markProcessed(ctx context.Context, id string) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO processed_events (id) VALUES ($1)", id)
	return err
}

func main() {
	s := &store{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.refunded"}, s.onRefunded)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.closed"}, s.onClosed)
	_ = service.Start()
}
