// A consumer behind an interface that a function gives, and a cache behind one in a variable.
package main

import (
	"context"
	"net/smtp"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/twmb/franz-go/pkg/kgo"
)

type source interface {
	PollFetches(ctx context.Context) kgo.Fetches
}

type store interface {
	SetNX(ctx context.Context, key string, value any, ttl time.Duration) *redis.BoolCmd
	Set(ctx context.Context, key string, value any, ttl time.Duration) *redis.StatusCmd
}

var seen store

func open() (source, error) {
	return kgo.NewClient(kgo.ConsumerGroup("mail"), kgo.ConsumeTopics("order.placed"))
}

func main() {
	seen = redis.NewClient(&redis.Options{Addr: "localhost:6379"})
	from, err := open()
	if err != nil {
		panic(err)
	}
	run(context.Background(), from)
}

func run(ctx context.Context, from source) {
	for {
		from.PollFetches(ctx).EachRecord(func(r *kgo.Record) { handle(ctx, r) })
	}
}

func handle(ctx context.Context, r *kgo.Record) {
	fresh, err := seen.SetNX(ctx, "mail:"+string(r.Key), "1", 24*time.Hour).Result()
	if err != nil || !fresh {
		return
	}
	seen.Set(ctx, "last-mail", string(r.Key), time.Minute)
	deliver(r.Value)
}

func deliver(body []byte) {
	_ = smtp.SendMail("localhost:25", nil, "shop@example.com", []string{"you@example.com"}, body)
}
