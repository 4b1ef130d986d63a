package main

import (
	"context"
	"database/sql"

	"github.com/segmentio/kafka-go"
)

type Reader struct{ r *kafka.Reader }

func NewReader(topic string) *Reader {
	return &Reader{r: kafka.NewReader(kafka.ReaderConfig{Topic: topic, GroupID: "g"})}
}

func (r *Reader) FetchMessage(ctx context.Context) (kafka.Message, error) {
	return r.r.FetchMessage(ctx)
}

type Consumer interface {
	FetchMessage(ctx context.Context) (kafka.Message, error)
}

type Handler interface {
	Handle(ctx context.Context, m kafka.Message) error
}

func Consume(ctx context.Context, r Consumer, h Handler) error {
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return err
		}
		if err := h.Handle(ctx, m); err != nil {
			return err
		}
	}
}

type save struct{ db *sql.DB }

func (s *save) Handle(ctx context.Context, m kafka.Message) error {
	_, err := s.db.Exec("INSERT INTO payments (body) VALUES ($1)", m.Value)
	return err
}

func main() {
	db, _ := sql.Open("postgres", "")
	_ = Consume(context.Background(), NewReader("orders"), &save{db: db})
}
