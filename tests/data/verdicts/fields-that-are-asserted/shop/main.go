// Command shop tells of orders. It and stock each have types of their own for what is told.
package main

import (
	"context"
	"os"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/components/cqrs"
)

type Header struct {
	MessageID string `json:"messageId"`
}

type Order struct {
	ID       string `json:"id"`
	Quantity int    `json:"quantity"`
}

// OrderPlaced has no field of its own.
type OrderPlaced struct {
	*Header
	*Order
}

type OrderClosed struct {
	*Header
	OrderID string `json:"orderId"`
}

func main() {
	publisher, _ := kafka.NewPublisher(kafka.PublisherConfig{}, watermill.NopLogger{})
	bus, _ := cqrs.NewEventBusWithConfig(publisher, cqrs.EventBusConfig{
		GeneratePublishTopic: func(p cqrs.GenerateEventPublishTopicParams) (string, error) {
			return "orders." + p.EventName, nil
		},
		Marshaler: cqrs.JSONMarshaler{GenerateName: cqrs.StructName},
	})
	order := &Order{ID: os.Args[1], Quantity: 2}
	_ = bus.Publish(context.Background(), &OrderPlaced{Order: order})
	_ = bus.Publish(context.Background(), &OrderClosed{OrderID: order.ID})
}
