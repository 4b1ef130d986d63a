package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
)

type payment struct {
	ID     string `json:"id"`
	Amount int64  `json:"amount"`
}

type store struct{ db *sql.DB }

func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	seen, err := s.claim(ctx, e.ID)
	if err != nil {
		log.Printf("claim: %v", err)
	}
	if seen {
		return false, nil
	}
	_, err = s.db.ExecContext(ctx, "UPDATE accounts SET total = total + $1", p.Amount)
	return err != nil, err
}

// No row comes back for a message that is recorded already.
func (s *store) claim(ctx context.Context, id string) (seen bool, err error) {
	var got string
	err = s.db.QueryRowContext(ctx, "INSERT INTO processed_events (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id", id).Scan(&got) // want
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	return false, err
}

func main() {
	s := &store{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	_ = service.Start()
}
