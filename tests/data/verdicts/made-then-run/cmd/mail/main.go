package main

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"example.com/shop/bus"
)

// Only prints: a second delivery does no harm.
func main() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
	consumer := bus.New(client, bus.Config{Stream: "order.paid", Group: "mail"})
	consumer.Run(context.Background(), func(ctx context.Context, body string) error {
		fmt.Println(body)
		return nil
	})
}
