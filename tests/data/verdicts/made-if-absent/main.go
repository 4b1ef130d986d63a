package main

import (
	"context"
	"database/sql"
	"encoding/json"

	amqp "github.com/rabbitmq/amqp091-go"
)

type product struct {
	ID   string
	Name string
	Seen int
}

type app struct {
	ch *amqp.Channel
	db *sql.DB
}

func (a *app) consume(queue string, handle func(ctx context.Context, p product) error) {
	deliveries, _ := a.ch.Consume(queue, "", false, false, false, false, nil)
	for d := range deliveries {
		var p product
		if err := json.Unmarshal(d.Body, &p); err != nil {
			_ = d.Nack(false, false)
			continue
		}
		if err := handle(context.Background(), p); err != nil {
			_ = d.Nack(false, true)
			continue
		}
		_ = d.Ack(false)
	}
}

func (a *app) find(ctx context.Context, id string) (*product, error) {
	var found product
	err := a.db.QueryRowContext(ctx, "SELECT id, name FROM products WHERE id = $1", id).Scan(&found.ID, &found.Name)
	if err == sql.ErrNoRows {
		return nil, nil
	}
	return &found, err
}

func (a *app) create(ctx context.Context, p product) error {
	_, err := a.db.ExecContext(ctx, "INSERT INTO products (id, name) VALUES ($1, $2)", p.ID, p.Name)
	return err
}

func (a *app) update(ctx context.Context, p product) error {
	_, err := a.db.ExecContext(ctx, "UPDATE products SET name = $1 WHERE id = $2", p.Name, p.ID)
	return err
}

// What is there is set; what is not is made.
func (a *app) updateThenCreate(ctx context.Context, p product) error {
	found, err := a.find(ctx, p.ID)
	if err != nil {
		return err
	}
	if found != nil {
		return a.update(ctx, p)
	}
	return a.create(ctx, p)
}

// The same, asked the other way round.
func (a *app) createElseUpdate(ctx context.Context, p product) error {
	found, err := a.find(ctx, p.ID)
	if err != nil {
		return err
	}
	if found == nil {
		err = a.create(ctx, p)
	} else {
		err = a.update(ctx, p)
	}
	return err
}

// The same, with what is set behind the branch.
func (a *app) createThenUpdate(ctx context.Context, p product) error {
	found, err := a.find(ctx, p.ID)
	if err != nil {
		return err
	}
	if found == nil {
		return a.create(ctx, p)
	}
	return a.update(ctx, p)
}

// What is there is left as it is.
func (a *app) createOnly(ctx context.Context, p product) error {
	found, err := a.find(ctx, p.ID)
	if err != nil {
		return err
	}
	if found != nil {
		return nil
	}
	return a.create(ctx, p)
}

// What is there is counted up, once more for each delivery.
func (a *app) createElseCount(ctx context.Context, p product) error {
	found, err := a.find(ctx, p.ID)
	if err != nil {
		return err
	}
	if found != nil {
		_, err := a.db.ExecContext(ctx, "UPDATE products SET seen = seen + 1 WHERE id = $1", p.ID)
		return err
	}
	return a.create(ctx, p)
}

func main() {
	conn, _ := amqp.Dial("amqp://x")
	ch, _ := conn.Channel()
	db, _ := sql.Open("postgres", "x")
	a := &app{ch: ch, db: db}
	go a.consume("update-then-create", a.updateThenCreate)
	go a.consume("create-else-update", a.createElseUpdate)
	go a.consume("create-then-update", a.createThenUpdate)
	go a.consume("create-only", a.createOnly)
	a.consume("create-else-count", a.createElseCount)
}
