package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/redis/go-redis/v9"
)

type Store struct{ client *redis.Client }

// Dequeue waits for the next message and puts it into value: whoever calls it handles the message.
func (s *Store) Dequeue(ctx context.Context, queue string, value interface{}) error {
	res, err := s.client.BRPop(ctx, time.Second, queue).Result()
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(res[1]), value)
}

type order struct{ ID string }

type mail struct{ To string }

type service struct {
	store *Store
	db    *sql.DB
}

func (s *service) orders(ctx context.Context) {
	for {
		var o order
		if err := s.store.Dequeue(ctx, "orders", &o); err != nil {
			continue
		}
		_, _ = s.db.ExecContext(ctx, "INSERT INTO orders (name) VALUES ($1)", o.ID)
	}
}

func (s *service) mails(ctx context.Context) {
	for {
		var m mail
		if err := s.store.Dequeue(ctx, "mails", &m); err != nil {
			continue
		}
		_, _ = s.db.ExecContext(ctx, "DELETE FROM mails WHERE receiver = $1", m.To)
	}
}

func main() {
	db, _ := sql.Open("postgres", "")
	s := &service{store: &Store{client: redis.NewClient(&redis.Options{})}, db: db}
	go s.mails(context.Background())
	s.orders(context.Background())
}
