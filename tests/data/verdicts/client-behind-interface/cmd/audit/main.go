// The interface that another program fills with a library's client holds a type of the tree here.
package main

import (
	"context"

	"example.com/shop/send"
	"github.com/redis/go-redis/v9"
)

type file struct{}

func (file) Publish(ctx context.Context, channel string, message any) *redis.IntCmd { return nil }

type keeper struct{ out send.Sender }

func main() {
	keeper{out: file{}}.keep(context.Background())
}

func (k keeper) keep(ctx context.Context) { k.out.Publish(ctx, "audit.kept", "x") }
