package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"
)

type order struct {
	ID   string
	Kind string
	Rows []string
}

type app struct {
	ch *amqp.Channel
	db *sql.DB
}

func (a *app) consume(queue string, handle func(d amqp.Delivery) error) {
	deliveries, _ := a.ch.Consume(queue, "", false, false, false, false, nil)
	for d := range deliveries {
		if err := handle(d); err != nil {
			_ = d.Nack(false, false)
			continue
		}
		_ = d.Ack(false)
	}
}

func (a *app) save(o order) error {
	_, err := a.db.Exec("INSERT INTO orders (id) VALUES ($1)", o.ID)
	return err
}

func empty(s string) bool { return len(strings.TrimSpace(s)) == 0 }

func isBlank(s string) bool { return empty(s) }

// A predicate by name, and an error that is made before it is given back.
func (a *app) predicate(d amqp.Delivery) error {
	var o order
	if err := json.Unmarshal(d.Body, &o); err != nil {
		return err
	}
	if isBlank(o.ID) {
		err := fmt.Errorf("no id in %q", d.Body)
		return err
	}
	if len(o.Rows) == 0 {
		err := errors.New("no rows")
		return err
	}
	return a.save(o)
}

// What passes is handled, and everything else falls through to the refusal.
func (a *app) positive(d amqp.Delivery) error {
	var o order
	err := json.Unmarshal(d.Body, &o)
	if err == nil && o.ID != "" && o.Rows != nil {
		if err := a.save(o); err != nil {
			return err
		}
		return nil
	}
	return fmt.Errorf("unexpected message: %q", d.Body)
}

// The refusal is what a helper gives.
func (a *app) helper(d amqp.Delivery) error {
	var o order
	if err := json.Unmarshal(d.Body, &o); err != nil {
		return a.reject(d, err)
	}
	if o.ID == "" {
		return a.reject(d, errors.New("no id"))
	}
	return a.save(o)
}

func (a *app) reject(d amqp.Delivery, err error) error { return fmt.Errorf("%s: %w", d.MessageId, err) }

// A helper without any effect refuses.
func (a *app) parser(d amqp.Delivery) error {
	id, err := parse(string(d.Body))
	if err != nil {
		return err
	}
	return a.save(order{ID: id})
}

func parse(text string) (string, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 2 {
		return "", errors.New("not two parts")
	}
	if parts[1] == "" {
		return "", errors.New("no id")
	}
	return parts[1], nil
}

// Another value where something is left out refuses nothing.
func (a *app) fallback(d amqp.Delivery) error {
	var o order
	if err := json.Unmarshal(d.Body, &o); err != nil {
		return err
	}
	o.Kind = kind(o)
	return a.save(o)
}

func kind(o order) string {
	if o.Kind == "" {
		return "plain"
	}
	return o.Kind
}

// What is decoded is a row that was looked up.
func (a *app) row(d amqp.Delivery) error {
	settings, err := a.findSettings(context.Background(), string(d.Body))
	if err != nil {
		return err
	}
	var o order
	if err := json.Unmarshal(settings, &o); err != nil {
		return err
	}
	return a.save(o)
}

func (a *app) findSettings(ctx context.Context, id string) ([]byte, error) {
	var raw []byte
	err := a.db.QueryRowContext(ctx, "SELECT body FROM settings WHERE id = $1", id).Scan(&raw)
	return raw, err
}

func main() {
	conn, _ := amqp.Dial("amqp://x")
	ch, _ := conn.Channel()
	db, _ := sql.Open("postgres", "")
	a := &app{ch: ch, db: db}
	go a.consume("predicate", a.predicate)
	go a.consume("positive", a.positive)
	go a.consume("helper", a.helper)
	go a.consume("parser", a.parser)
	go a.consume("fallback", a.fallback)
	a.consume("row", a.row)
}
