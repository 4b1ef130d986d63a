package main

import (
	"context"
	"encoding/json"
	"log"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
	amqp "github.com/rabbitmq/amqp091-go"
)

type order struct {
	ID string `json:"id"`
}

// An error without retry: the sidecar drops the message.
func onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var o order
	if err := json.Unmarshal(e.RawData, &o); err != nil {
		return false, err
	}
	log.Print(o.ID)
	return false, nil
}

// Retried, and parked in the end.
func onSent(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var o order
	if err := json.Unmarshal(e.RawData, &o); err != nil {
		return true, err
	}
	log.Print(o.ID)
	return false, nil
}

func handle(o order) error {
	log.Print(o.ID)
	return nil
}

// Only what was decoded comes again.
func receive(deliveries <-chan amqp.Delivery) {
	for d := range deliveries {
		var o order
		if err := json.Unmarshal(d.Body, &o); err != nil {
			_ = d.Nack(false, false)
			continue
		}
		if err := handle(o); err != nil {
			_ = d.Nack(false, true)
			continue
		}
		_ = d.Ack(false)
	}
}

func main() {
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, onPaid)
	_ = service.AddTopicEventHandler(&common.Subscription{
		PubsubName:      "bus",
		Topic:           "order.sent",
		DeadLetterTopic: "order.sent.dlq",
	}, onSent)
	conn, _ := amqp.Dial("")
	ch, _ := conn.Channel()
	deliveries, _ := ch.Consume("stock", "", false, false, false, false, nil)
	go receive(deliveries)
	_ = service.Start()
}
