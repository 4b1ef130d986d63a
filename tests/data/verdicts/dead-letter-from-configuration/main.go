package main

import (
	"context"
	"log"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"

	"example.com/b/bus"
	"example.com/b/config"
)

type Consumer struct {
	service common.Service
	topics  config.Topics
}

func NewConsumer(service common.Service, topics config.Topics) *Consumer {
	return &Consumer{service: service, topics: topics}
}

func (c *Consumer) Start() error {
	paid := bus.Options{Topic: c.topics.Paid, DeadLetter: c.topics.PaidDeadLetter}
	if err := bus.Subscribe(c.service, paid, c.HandlePaid); err != nil {
		return err
	}
	return bus.Subscribe(c.service, bus.Options{Topic: c.topics.Sent}, c.HandleSent)
}

func (c *Consumer) HandlePaid(ctx context.Context, e *common.TopicEvent) (bool, error) {
	log.Println("paid", e.ID)
	return false, nil
}

func (c *Consumer) HandleSent(ctx context.Context, e *common.TopicEvent) (bool, error) {
	log.Println("sent", e.ID)
	return false, nil
}

func main() {
	cfg, err := config.Load("config.yaml")
	if err != nil {
		log.Fatal(err)
	}
	service, err := daprd.NewService(":50051")
	if err != nil {
		log.Fatal(err)
	}
	if err := NewConsumer(service, cfg.Topics).Start(); err != nil {
		log.Fatal(err)
	}
}
