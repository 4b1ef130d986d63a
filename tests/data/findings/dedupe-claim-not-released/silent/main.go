package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"log"
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
	db  *sql.DB
	rdb *redis.Client
}

// Given back when the handler fails.
func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	fresh, err := s.rdb.SetNX(ctx, "event:"+e.ID, 1, 24*time.Hour).Result()
	if err != nil {
		return true, err
	}
	if !fresh {
		return false, nil
	}
	if err := s.add(ctx, p); err != nil {
		s.rdb.Del(ctx, "event:"+e.ID)
		return true, err
	}
	return false, nil
}

// A failure is not passed on, so the broker sends the message once.
func (s *store) onRefunded(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	fresh, err := s.rdb.SetNX(ctx, "refund:"+e.ID, 1, 24*time.Hour).Result()
	if err != nil || !fresh {
		return false, err
	}
	if err := s.add(ctx, p); err != nil {
		log.Printf("add %s: %v", p.ID, err)
	}
	return false, nil
}

// A record in the transaction of the effect goes with it.
func (s *store) onClosed(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return true, err
	}
	defer tx.Rollback()
	done, err := tx.ExecContext(ctx, "INSERT INTO processed_events (id) VALUES ($1) ON CONFLICT DO NOTHING", e.ID)
	if err != nil {
		return true, err
	}
	if n, _ := done.RowsAffected(); n == 0 {
		return false, nil
	}
	if _, err := tx.ExecContext(ctx, "UPDATE accounts SET total = total - $1", p.Amount); err != nil {
		return true, err
	}
	return false, tx.Commit()
}

func (s *store) add(ctx context.Context, p payment) error {
	_, err := s.db.ExecContext(ctx, "UPDATE accounts SET total = total + $1", p.Amount)
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
