package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"log"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/segmentio/kafka-go"
)

type order struct {
	ID string `json:"id"`
}

type store struct{ db *sql.DB }

func (s *store) save(ctx context.Context, o order) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO orders (id) VALUES ($1) ON CONFLICT DO NOTHING", o.ID)
	return err
}

// The error is logged, and the handler ends as if all were well.
func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var o order
	if err := json.Unmarshal(e.RawData, &o); err != nil {
		return false, err
	}
	if err := s.save(ctx, o); err != nil { // want
		log.Printf("save %s: %v", o.ID, err)
	}
	return false, nil
}

// The offset is committed although the message was not stored.
func (s *store) consume(ctx context.Context, r *kafka.Reader) error {
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return err
		}
		if err := s.handle(ctx, m.Value); err != nil {
			log.Printf("handle: %v", err)
		}
		if err := r.CommitMessages(ctx, m); err != nil { // want
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

// What cannot be decoded is dropped.
func (s *store) receive(ctx context.Context, ch *amqp.Channel) {
	deliveries, _ := ch.Consume("stock", "", false, false, false, false, nil)
	for d := range deliveries {
		var o order
		if err := json.Unmarshal(d.Body, &o); err != nil {
			log.Printf("decode: %v", err)
			_ = d.Ack(false) // want
			continue
		}
		if err := s.save(ctx, o); err != nil {
			_ = d.Nack(false, false)
			continue
		}
		_ = d.Ack(false)
	}
}

// What keeps the message may fail, and nobody asks.
func (s *store) park(ctx context.Context, r *kafka.Reader, w *kafka.Writer) error {
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return err
		}
		if err := s.save(ctx, order{ID: string(m.Value)}); err != nil {
			_ = w.WriteMessages(ctx, kafka.Message{Topic: "refunds.dlq", Value: m.Value})
		}
		if err := r.CommitMessages(ctx, m); err != nil { // want
			return err
		}
	}
}

func main() {
	ctx := context.Background()
	s := &store{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	go func() {
		_ = s.consume(ctx, kafka.NewReader(kafka.ReaderConfig{Topic: "orders", GroupID: "shop"}))
	}()
	go func() {
		_ = s.park(ctx, kafka.NewReader(kafka.ReaderConfig{Topic: "refunds", GroupID: "shop"}), &kafka.Writer{})
	}()
	conn, _ := amqp.Dial("")
	ch, _ := conn.Channel()
	go s.receive(ctx, ch)
	_ = service.Start()
}
