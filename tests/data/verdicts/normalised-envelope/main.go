// The envelope's empty fields are filled after decoding, its payload is refused by a helper, and what is
// called a check records the message too.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/segmentio/kafka-go"
)

type envelope struct {
	EventID string         `json:"eventId"`
	Payload map[string]any `json:"payload"`
}

type order struct{ ID string }

func decode(value []byte) (envelope, error) {
	var out envelope
	if err := json.Unmarshal(value, &out); err != nil {
		return envelope{}, err
	}
	if out.Payload == nil {
		out.Payload = map[string]any{}
	}
	return out, nil
}

func text(v any) string {
	s, ok := v.(string)
	if !ok {
		return ""
	}
	return strings.TrimSpace(s)
}

func parse(payload map[string]any) (order, error) {
	id := text(payload["id"])
	if id == "" {
		return order{}, fmt.Errorf("id is required")
	}
	return order{ID: id}, nil
}

type consumer struct {
	db  *sql.DB
	rdb *redis.Client
}

func (c *consumer) isDuplicate(ctx context.Context, id string) (bool, error) {
	fresh, err := c.rdb.SetNX(ctx, "processed:"+id, "1", 14*24*time.Hour).Result()
	return !fresh, err
}

func (c *consumer) handle(ctx context.Context, msg kafka.Message) error {
	env, err := decode(msg.Value)
	if err != nil {
		return err
	}
	event, err := parse(env.Payload)
	if err != nil {
		return err
	}
	seen, err := c.isDuplicate(ctx, env.EventID)
	if err != nil {
		return err
	}
	if seen {
		return nil
	}
	_, err = c.db.ExecContext(ctx, "INSERT INTO orders (id) VALUES ($1)", event.ID)
	return err
}

func main() {
	ctx := context.Background()
	db, _ := sql.Open("pgx", "")
	c := &consumer{db: db, rdb: redis.NewClient(&redis.Options{})}
	reader := kafka.NewReader(kafka.ReaderConfig{Topic: "orders", GroupID: "billing"})
	for {
		msg, err := reader.FetchMessage(ctx)
		if err != nil {
			return
		}
		if err := c.handle(ctx, msg); err != nil {
			return
		}
		reader.CommitMessages(ctx, msg)
	}
}
