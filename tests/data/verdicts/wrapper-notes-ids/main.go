package main

import (
	"context"
	"database/sql"

	"github.com/redis/go-redis/v9"
)

// consumer runs what it was told to and notes the ids of what is to be acknowledged.
type consumer struct {
	client  *redis.Client
	streams []string
	group   string
	run     func(value string)
	pending []string
}

func newConsumer(client *redis.Client, group string, streams []string, run func(value string)) *consumer {
	return &consumer{client: client, group: group, streams: append(streams, ">"), run: run}
}

func (c *consumer) ConsumeNext(ctx context.Context) error {
	res, err := c.client.XReadGroup(ctx, &redis.XReadGroupArgs{Group: c.group, Streams: c.streams}).Result()
	if err != nil {
		return err
	}
	for _, r := range res {
		for _, m := range r.Messages {
			value, ok := m.Values["value"].(string)
			if !ok {
				continue
			}
			c.run(value)
			c.pending = append(c.pending, m.ID)
		}
	}
	return nil
}

func (c *consumer) Commit(ctx context.Context) error {
	err := c.client.XAck(ctx, c.streams[0], c.group, c.pending...).Err()
	c.pending = nil
	return err
}

type service struct{ db *sql.DB }

func (s *service) save(value string) {
	_, _ = s.db.Exec("INSERT INTO sessions (body) VALUES ($1)", value)
}

func main() {
	ctx := context.Background()
	db, _ := sql.Open("postgres", "")
	s := &service{db: db}
	c := newConsumer(redis.NewClient(&redis.Options{}), "g", []string{"sessions"}, s.save)
	for {
		_ = c.ConsumeNext(ctx)
		_ = c.Commit(ctx)
	}
}
