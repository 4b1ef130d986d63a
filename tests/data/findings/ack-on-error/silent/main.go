package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
	"github.com/redis/go-redis/v9"
	"github.com/segmentio/kafka-go"
)

var errGone = errors.New("gone")

type order struct {
	ID string `json:"id"`
}

type store struct {
	db    *sql.DB
	cache *redis.Client
}

func (s *store) save(ctx context.Context, o order) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO orders (id) VALUES ($1) ON CONFLICT DO NOTHING", o.ID)
	return err
}

// Only one kind of error is let pass, and the copy in the cache is no more than help.
func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var o order
	if err := json.Unmarshal(e.RawData, &o); err != nil {
		return false, err
	}
	if err := s.save(ctx, o); err != nil {
		if errors.Is(err, errGone) {
			return false, nil
		}
		return true, err
	}
	if err := s.cache.Set(ctx, "order:"+o.ID, o.ID, 0).Err(); err != nil {
		log.Printf("cache %s: %v", o.ID, err)
	}
	return false, nil
}

// Asked for again, without an error.
func (s *store) onSent(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var o order
	if err := json.Unmarshal(e.RawData, &o); err != nil {
		return false, err
	}
	if err := s.save(ctx, o); err != nil {
		log.Printf("save %s: %v", o.ID, err)
		return true, nil
	}
	return false, nil
}

// A message that fails is sent to a topic for those before its offset is committed.
func (s *store) consume(ctx context.Context, r *kafka.Reader, w *kafka.Writer) error {
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return err
		}
		if err := s.handle(ctx, m.Value); err != nil {
			log.Printf("handle: %v", err)
			if err := w.WriteMessages(ctx, kafka.Message{Topic: "orders.dlq", Value: m.Value}); err != nil {
				return err
			}
		}
		if err := r.CommitMessages(ctx, m); err != nil {
			return err
		}
	}
}

// The offset of what fails is not committed.
func (s *store) strict(ctx context.Context, r *kafka.Reader) error {
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return err
		}
		err = s.handle(ctx, m.Value)
		if err != nil {
			log.Printf("handle: %v", err)
		}
		if err == nil {
			err = r.CommitMessages(ctx, m)
		}
		if err != nil {
			return err
		}
	}
}

func (s *store) handle(ctx context.Context, data []byte) error {
	var o order
	if err := json.Unmarshal(data, &o); err != nil {
		return err
	}
	return s.save(ctx, o)
}

func main() {
	ctx := context.Background()
	s := &store{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.sent"}, s.onSent)
	go func() {
		_ = s.consume(ctx, kafka.NewReader(kafka.ReaderConfig{Topic: "orders", GroupID: "shop"}), &kafka.Writer{})
	}()
	go func() {
		_ = s.strict(ctx, kafka.NewReader(kafka.ReaderConfig{Topic: "refunds", GroupID: "shop"}))
	}()
	_ = service.Start()
}
