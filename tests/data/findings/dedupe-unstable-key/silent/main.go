package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
	"github.com/google/uuid"
)

type payment struct {
	ID     string `json:"id"`
	Amount int64  `json:"amount"`
}

type processed struct {
	ID      string
	EventID string
}

type store struct{ db *sql.DB }

// The row has an id of its own; the record is kept under that of the message.
func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	seen, err := s.isProcessed(ctx, e.ID)
	if err != nil || seen {
		return false, err
	}
	if err := s.add(ctx, p); err != nil {
		return true, err
	}
	return false, s.createProcessedEvent(ctx, &processed{ID: uuid.NewString(), EventID: e.ID})
}

// When it was processed is no part of the key, nor is an id that the message's content decides.
func (s *store) onRefunded(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var p payment
	if err := json.Unmarshal(e.RawData, &p); err != nil {
		return false, err
	}
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(p.ID)).String()
	seen, err := s.isProcessed(ctx, id)
	if err != nil || seen {
		return false, err
	}
	if err := s.add(ctx, p); err != nil {
		return true, err
	}
	return false, s.markProcessed(id, time.Now())
}

func (s *store) add(ctx context.Context, p payment) error {
	_, err := s.db.ExecContext(ctx, "UPDATE accounts SET total = total + $1", p.Amount)
	return err
}

func (s *store) isProcessed(ctx context.Context, id string) (bool, error) {
	var seen bool
	err := s.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM processed_events WHERE event_id = $1)", id).Scan(&seen)
	return seen, err
}

func (s *store) createProcessedEvent(ctx context.Context, row *processed) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO processed_events (id, event_id) VALUES ($1, $2)", row.ID, row.EventID)
	return err
}

func (s *store) markProcessed(id string, at time.Time) error {
	_, err := s.db.Exec("INSERT INTO processed_events (event_id, at) VALUES ($1, $2)", id, at)
	return err
}

func main() {
	s := &store{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.refunded"}, s.onRefunded)
	_ = service.Start()
}
