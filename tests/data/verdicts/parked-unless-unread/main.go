// A handler that keeps what its work fails for may pass over what it cannot read.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"log"

	"github.com/segmentio/kafka-go"
)

type order struct {
	ID    string
	State string
}

type app struct {
	db   *sql.DB
	dead *kafka.Writer
}

func (a *app) save(ctx context.Context, o order) error {
	_, err := a.db.ExecContext(ctx, "UPDATE orders SET state = $1 WHERE id = $2", o.State, o.ID)
	return err
}

func (a *app) park(ctx context.Context, m kafka.Message) error {
	return a.dead.WriteMessages(ctx, kafka.Message{Key: m.Key, Value: m.Value})
}

func (a *app) some(ctx context.Context) {
	r := kafka.NewReader(kafka.ReaderConfig{Topic: "orders.some", GroupID: "orders"})
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return
		}
		var o order
		if err := json.Unmarshal(m.Value, &o); err != nil {
			log.Println("cannot be read", err)
			continue
		}
		if err := a.save(ctx, o); err != nil {
			if err := a.park(ctx, m); err != nil {
				log.Fatal(err)
			}
			continue
		}
		_ = r.CommitMessages(ctx, m)
	}
}

func (a *app) all(ctx context.Context) {
	r := kafka.NewReader(kafka.ReaderConfig{Topic: "orders.all", GroupID: "orders"})
	for {
		m, err := r.FetchMessage(ctx)
		if err != nil {
			return
		}
		var o order
		if err := json.Unmarshal(m.Value, &o); err != nil {
			if err := a.park(ctx, m); err != nil {
				log.Fatal(err)
			}
			continue
		}
		if err := a.save(ctx, o); err != nil {
			if err := a.park(ctx, m); err != nil {
				log.Fatal(err)
			}
			continue
		}
		_ = r.CommitMessages(ctx, m)
	}
}

func main() {
	db, _ := sql.Open("postgres", "")
	a := &app{db: db, dead: &kafka.Writer{Topic: "orders.dead-letter"}}
	go a.some(context.Background())
	a.all(context.Background())
}
