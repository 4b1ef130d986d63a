package main

import (
	"context"
	"encoding/json"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/somebody/rows"
)

type delivery struct {
	ID     string
	Status string
	Email  string
	Muted  bool
}

type repository interface {
	FindDelivery(ctx context.Context, id string) (*delivery, error)
}

type stored struct{ rows *rows.Client }

func (s stored) FindDelivery(ctx context.Context, id string) (*delivery, error) {
	var found delivery
	return &found, s.rows.Get(ctx, id, &found)
}

type app struct {
	ch   *amqp.Channel
	repo repository
}

func (a *app) consume(queue string, handle func(ctx context.Context, d amqp.Delivery) error) {
	deliveries, _ := a.ch.Consume(queue, "", false, false, false, false, nil)
	for d := range deliveries {
		if err := handle(context.Background(), d); err != nil {
			_ = d.Nack(false, true)
			continue
		}
		_ = d.Ack(false)
	}
}

func (a *app) tell(ctx context.Context, found *delivery) error {
	body, _ := json.Marshal(found)
	return a.ch.PublishWithContext(ctx, "", "told", false, false, amqp.Publishing{Body: body})
}

// The state of what was looked up ends a second delivery.
func (a *app) byState(ctx context.Context, d amqp.Delivery) error {
	var event struct{ ID string }
	if err := json.Unmarshal(d.Body, &event); err != nil {
		return err
	}
	found, err := a.repo.FindDelivery(ctx, event.ID)
	if err != nil {
		return err
	}
	switch found.Status {
	case "processing", "success":
		return nil
	}
	return a.tell(ctx, found)
}

// That it is found, and that it has a quality, is so on every delivery.
func (a *app) byQuality(ctx context.Context, d amqp.Delivery) error {
	var event struct{ ID string }
	if err := json.Unmarshal(d.Body, &event); err != nil {
		return err
	}
	found, err := a.repo.FindDelivery(ctx, event.ID)
	if err != nil {
		return err
	}
	if !found.Muted && !isEmpty(found.Email) {
		return a.tell(ctx, found)
	}
	return nil
}

func isEmpty(s string) bool { return s == "" }

func main() {
	conn, _ := amqp.Dial("amqp://x")
	ch, _ := conn.Channel()
	a := &app{ch: ch, repo: stored{rows: rows.New()}}
	go a.consume("by-state", a.byState)
	a.consume("by-quality", a.byQuality)
}
