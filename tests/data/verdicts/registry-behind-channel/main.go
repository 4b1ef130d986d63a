package main

import (
	"context"
	"database/sql"

	"github.com/redis/go-redis/v9"
)

type message struct {
	stream string
	values map[string]any
}

type handler func(ctx context.Context, values map[string]any) error

type consumer struct {
	rdb     *redis.Client
	queue   chan message
	streams map[string]handler
}

func (c *consumer) Register(stream string, fn handler) { c.streams[stream] = fn }

func (c *consumer) reader(ctx context.Context) {
	for {
		var args []string
		for s := range c.streams {
			args = append(args, s)
		}
		res, err := c.rdb.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "g", Consumer: "c", Streams: args}).Result()
		if err != nil {
			continue
		}
		for _, s := range res {
			for _, m := range s.Messages {
				c.queue <- message{stream: s.Stream, values: m.Values}
			}
		}
	}
}

func (c *consumer) work(ctx context.Context) {
	for m := range c.queue {
		_ = c.streams[m.stream](ctx, m.values)
	}
}

func main() {
	db, _ := sql.Open("postgres", "")
	c := &consumer{rdb: redis.NewClient(&redis.Options{}), queue: make(chan message), streams: map[string]handler{}}
	c.Register("orders", func(ctx context.Context, v map[string]any) error {
		_, err := db.ExecContext(ctx, "INSERT INTO orders (body) VALUES ($1)", v["body"])
		return err
	})
	go c.work(context.Background())
	c.reader(context.Background())
}
