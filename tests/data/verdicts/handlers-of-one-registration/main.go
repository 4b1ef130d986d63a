package main

import (
	"context"
	"database/sql"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/components/cqrs"
	"github.com/ThreeDotsLabs/watermill/message"
)

type Ship struct{ ID string }

type Refund struct{ ID string }

type Paid struct{ ID string }

type store struct{ db *sql.DB }

func (s store) ship(ctx context.Context, cmd *Ship) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO parcels (order_id) VALUES (?)", cmd.ID)
	return err
}

func (s store) refund(ctx context.Context, cmd *Refund) error {
	_, err := s.db.ExecContext(ctx, "UPDATE orders SET state = 'refunded' WHERE id = ?", cmd.ID)
	return err
}

// onPaid is a handler by its methods.
type onPaid struct{ s store }

func (onPaid) HandlerName() string { return "paid" }

func (onPaid) NewEvent() any { return &Paid{} }

func (h onPaid) Handle(ctx context.Context, event any) error {
	paid := event.(*Paid)
	_, err := h.s.db.ExecContext(ctx, "INSERT INTO payments (order_id) VALUES (?)", paid.ID)
	return err
}

func add(cp *cqrs.CommandProcessor, ep *cqrs.EventProcessor, s store) error {
	if err := cp.AddHandlers(
		cqrs.NewCommandHandler("ship", s.ship),
		cqrs.NewCommandHandler("refund", s.refund),
	); err != nil {
		return err
	}
	return ep.AddHandlers(
		onPaid{s},
		cqrs.NewEventHandler("paid-ship", func(ctx context.Context, paid *Paid) error {
			_, err := s.db.ExecContext(ctx, "DELETE FROM carts WHERE order_id = ?", paid.ID)
			return err
		}),
	)
}

func main() {
	db, _ := sql.Open("mysql", "x")
	router, _ := message.NewRouter(message.RouterConfig{}, watermill.NopLogger{})
	construct := func(string) (message.Subscriber, error) {
		return kafka.NewSubscriber(kafka.SubscriberConfig{}, watermill.NopLogger{})
	}
	cp, _ := cqrs.NewCommandProcessorWithConfig(router, cqrs.CommandProcessorConfig{
		GenerateSubscribeTopic: func(p cqrs.CommandProcessorGenerateSubscribeTopicParams) (string, error) {
			return "commands." + p.CommandName, nil
		},
		SubscriberConstructor: func(cqrs.CommandProcessorSubscriberConstructorParams) (message.Subscriber, error) {
			return construct("c")
		},
	})
	ep, _ := cqrs.NewEventProcessorWithConfig(router, cqrs.EventProcessorConfig{
		GenerateSubscribeTopic: func(p cqrs.EventProcessorGenerateSubscribeTopicParams) (string, error) {
			return p.EventName, nil
		},
		SubscriberConstructor: func(cqrs.EventProcessorSubscriberConstructorParams) (message.Subscriber, error) {
			return construct("e")
		},
	})
	_ = add(cp, ep, store{db})
	_ = router.Run(context.Background())
}
