// Command stock keeps what the orders take.
package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/components/cqrs"
	"github.com/ThreeDotsLabs/watermill/message"
)

// OrderPlaced asks for `orderId`, which shop calls `id`.
type OrderPlaced struct {
	OrderID  string `json:"orderId"`
	Quantity int    `json:"quantity"`
}

type OrderClosed struct {
	OrderID string `json:"orderId"`
}

type onPlaced struct{ db *sql.DB }

func (onPlaced) HandlerName() string { return "placed" }

func (onPlaced) NewEvent() any { return &OrderPlaced{} }

func (h onPlaced) Handle(ctx context.Context, event any) error {
	placed, ok := event.(*OrderPlaced)
	if !ok {
		return errors.New("no order")
	}
	_, err := h.db.ExecContext(ctx, "INSERT INTO taken (order_id, n) VALUES (?, ?)", placed.OrderID, placed.Quantity)
	return err
}

type onClosed struct{ db *sql.DB }

func (onClosed) HandlerName() string { return "closed" }

func (onClosed) NewEvent() any { return &OrderClosed{} }

func (h onClosed) Handle(ctx context.Context, event any) error {
	if user, ok := ctx.Value("user").(*OrderPlaced); ok && user.OrderID == "" {
		return errors.New("what a context holds is no message")
	}
	closed := event.(*OrderClosed)
	_, err := h.db.ExecContext(ctx, "DELETE FROM taken WHERE order_id = ?", closed.OrderID)
	return err
}

func main() {
	db, _ := sql.Open("mysql", "x")
	router, _ := message.NewRouter(message.RouterConfig{}, watermill.NopLogger{})
	processor, _ := cqrs.NewEventProcessorWithConfig(router, cqrs.EventProcessorConfig{
		GenerateSubscribeTopic: func(p cqrs.EventProcessorGenerateSubscribeTopicParams) (string, error) {
			return "orders." + p.EventName, nil
		},
		SubscriberConstructor: func(cqrs.EventProcessorSubscriberConstructorParams) (message.Subscriber, error) {
			return kafka.NewSubscriber(kafka.SubscriberConfig{}, watermill.NopLogger{})
		},
		Marshaler: cqrs.JSONMarshaler{GenerateName: cqrs.StructName},
	})
	_ = processor.AddHandlers(onPlaced{db}, onClosed{db})
	_ = router.Run(context.Background())
}
