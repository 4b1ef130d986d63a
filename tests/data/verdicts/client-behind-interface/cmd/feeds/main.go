// The interface that another program fills with a type of its own holds a library's client here.
package main

import (
	"context"

	"example.com/shop/send"
	"github.com/redis/go-redis/v9"
)

type feed struct{ out send.Sender }

func main() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
	feed{out: client}.tell(context.Background())
}

func (f feed) tell(ctx context.Context) { f.out.Publish(ctx, "feed.told", "x") }
