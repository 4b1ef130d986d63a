package main

import (
	"context"
	"database/sql"
	"encoding/json"

	amqp "github.com/rabbitmq/amqp091-go"
)

type stock struct {
	ProductID string
	Level     int
}

type offer struct {
	ID    string
	Price int
}

type app struct {
	ch *amqp.Channel
	db *sql.DB
}

func (a *app) consume(queue string, handle func(ctx context.Context, s stock) error) {
	deliveries, _ := a.ch.Consume(queue, "", false, false, false, false, nil)
	for d := range deliveries {
		var s stock
		if err := json.Unmarshal(d.Body, &s); err != nil {
			_ = d.Nack(false, false)
			continue
		}
		if err := handle(context.Background(), s); err != nil {
			_ = d.Nack(false, true)
			continue
		}
		_ = d.Ack(false)
	}
}

func (a *app) offers(ctx context.Context, product string) ([]offer, error) {
	rows, err := a.db.QueryContext(ctx, "SELECT id, price FROM offers WHERE product_id = $1", product)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []offer
	for rows.Next() {
		var o offer
		if err := rows.Scan(&o.ID, &o.Price); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

func (a *app) store(ctx context.Context, o offer) error {
	_, err := a.db.ExecContext(ctx,
		"INSERT INTO shown (id, price) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET price = $2", o.ID, o.Price)
	return err
}

// The prices shown are worked out of the offers that are stored.
func (a *app) reprice(ctx context.Context, s stock) error {
	offers, err := a.offers(ctx, s.ProductID)
	if err != nil {
		return err
	}
	for _, o := range offers {
		price := o.Price * 2
		if err := a.store(ctx, offer{ID: o.ID, Price: price}); err != nil {
			return err
		}
	}
	return nil
}

// What is stored is what the message says.
func (a *app) copyLevel(ctx context.Context, s stock) error {
	return a.store(ctx, offer{ID: s.ProductID, Price: s.Level + 1})
}

func main() {
	conn, _ := amqp.Dial("amqp://x")
	ch, _ := conn.Channel()
	db, _ := sql.Open("postgres", "x")
	a := &app{ch: ch, db: db}
	go a.consume("reprice", a.reprice)
	a.consume("copy-level", a.copyLevel)
}
