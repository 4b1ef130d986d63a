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
	db  *sql.DB
	rdb *redis.Client
}

// The addition may fail; the claim stays for a day, and the retry ends at it.
func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	fresh, err := s.rdb.SetNX(ctx, "event:"+e.ID, 1, 24*time.Hour).Result() // want
	if err != nil {
		return true, err
	}
	if !fresh {
		return false, nil
	}
	if err := s.add(ctx, p); err != nil {
		return true, err
	}
	return false, nil
}

func (s *store) add(ctx context.Context, p payment) error {
	_, err := s.db.ExecContext(ctx, "UPDATE accounts SET total = total + $1", p.Amount)
	return err
}

func main() {
	s := &store{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	_ = service.Start()
}
