package main

import (
	"context"
	"database/sql"
	"encoding/json"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/somebody/rows"
)

type delivery struct {
	ID     string
	Status string
	Email  string
	Muted  bool
	Told   bool
}

type repository interface {
	FindDelivery(ctx context.Context, id string) (*delivery, error)
	Save(ctx context.Context, found *delivery) error
}

type stored struct{ rows *rows.Client }

func (s stored) FindDelivery(ctx context.Context, id string) (*delivery, error) {
	var found delivery
	return &found, s.rows.Get(ctx, id, &found)
}

func (s stored) Save(ctx context.Context, found *delivery) error {
	return s.rows.Put(ctx, found.ID, found)
}

type app struct {
	ch   *amqp.Channel
	repo repository
	db   *sql.DB
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
	if err := a.tell(ctx, found); err != nil {
		return err
	}
	found.Status = "success"
	return a.repo.Save(ctx, found)
}

// Nothing changes the state, so it is the same on every delivery.
func (a *app) byFilter(ctx context.Context, d amqp.Delivery) error {
	var event struct{ ID string }
	if err := json.Unmarshal(d.Body, &event); err != nil {
		return err
	}
	found, err := a.repo.FindDelivery(ctx, event.ID)
	if err != nil {
		return err
	}
	if found.Status != "pending" {
		return nil
	}
	return a.tell(ctx, found)
}

// A quality that the handler sets is a state; a helper may be the one to ask for it.
func (a *app) byFlag(ctx context.Context, d amqp.Delivery) error {
	var event struct{ ID string }
	if err := json.Unmarshal(d.Body, &event); err != nil {
		return err
	}
	found, err := a.untold(ctx, event.ID)
	if err != nil {
		return err
	}
	if found == nil {
		return nil
	}
	if err := a.tell(ctx, found); err != nil {
		return err
	}
	found.Told = true
	_, err = a.db.ExecContext(ctx, "UPDATE deliveries SET told = $1 WHERE id = $2", found.Told, found.ID)
	return err
}

func (a *app) untold(ctx context.Context, id string) (*delivery, error) {
	var found delivery
	row := a.db.QueryRowContext(ctx, "SELECT id, told FROM deliveries WHERE id = $1", id)
	if err := row.Scan(&found.ID, &found.Told); err != nil {
		return nil, err
	}
	if found.Told {
		return nil, nil
	}
	return &found, nil
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
	go a.consume("by-filter", a.byFilter)
	go a.consume("by-flag", a.byFlag)
	a.consume("by-quality", a.byQuality)
}
