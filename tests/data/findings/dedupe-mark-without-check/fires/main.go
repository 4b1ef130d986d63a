package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"log"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
)

type payment struct {
	ID     string `json:"id"`
	Amount int64  `json:"amount"`
}

type store struct{ db *sql.DB }

// The record is written after the effect, and nobody ever asks for it.
func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	if _, err := s.db.ExecContext(ctx, "UPDATE accounts SET total = total + $1", p.Amount); err != nil {
		return true, err
	}
	if err := s.markProcessed(ctx, e.ID); err != nil { // want
		log.Printf("mark %s: %v", e.ID, err)
	}
	return false, nil
}

func (s *store) markProcessed(ctx context.Context, id string) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO processed_events (id) VALUES ($1) ON CONFLICT DO NOTHING", id)
	return err
}

func main() {
	s := &store{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	_ = service.Start()
}
