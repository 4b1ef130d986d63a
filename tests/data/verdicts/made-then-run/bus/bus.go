package bus

import (
	"context"

	"github.com/redis/go-redis/v9"
)

type Config struct {
	Stream string
	Group  string
}

// Consumer is made with its stream in one call and given its handler in another.
type Consumer struct {
	client *redis.Client
	config Config
}

func New(client *redis.Client, config Config) *Consumer {
	return &Consumer{client: client, config: config}
}

func (c *Consumer) Run(ctx context.Context, handle func(context.Context, string) error) error {
	for {
		if err := c.read(ctx, handle); err != nil {
			return err
		}
	}
}

func (c *Consumer) read(ctx context.Context, handle func(context.Context, string) error) error {
	streams, err := c.client.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group:   c.config.Group,
		Streams: []string{c.config.Stream, ">"},
	}).Result()
	if err != nil {
		return err
	}
	for _, stream := range streams {
		for _, message := range stream.Messages {
			c.one(ctx, message, handle)
		}
	}
	return nil
}

func (c *Consumer) one(ctx context.Context, message redis.XMessage, handle func(context.Context, string) error) {
	body, _ := message.Values["body"].(string)
	if err := handle(ctx, body); err != nil {
		return
	}
	c.client.XAck(ctx, c.config.Stream, c.config.Group, message.ID)
}
