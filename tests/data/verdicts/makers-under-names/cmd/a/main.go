package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats.go"

	"example.com/gl/box"
)

type Payment struct {
	ID     string
	Amount int
}

type Handler interface {
	Handle(ctx context.Context, p Payment) error
}

type plain struct{ db *sql.DB }

func (h *plain) Handle(ctx context.Context, p Payment) error {
	_, err := h.db.ExecContext(ctx, "UPDATE accounts SET balance = balance + $1", p.Amount)
	return err
}

type recording struct{ db *sql.DB }

func (h *recording) Handle(ctx context.Context, p Payment) error {
	_, err := h.db.ExecContext(ctx, "INSERT INTO processed_messages (id) VALUES ($1)", p.ID)
	if err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code == "23505" {
			return nil
		}
		return err
	}
	_, err = h.db.ExecContext(ctx, "UPDATE accounts SET balance = balance + $1", p.Amount)
	return err
}

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	db, _ := sql.Open("pgx", "")
	box.Register("quick", func() any { return &plain{db: db} })
	box.Register("careful", func() any { return &recording{db: db} })
	nc.Subscribe("quick", func(m *nats.Msg) {
		var p Payment
		if err := json.Unmarshal(m.Data, &p); err != nil {
			return
		}
		_ = box.Get[Handler]("quick").Handle(context.Background(), p)
	})
	nc.Subscribe("careful", func(m *nats.Msg) {
		var p Payment
		if err := json.Unmarshal(m.Data, &p); err != nil {
			return
		}
		_ = box.Get[Handler]("careful").Handle(context.Background(), p)
	})
	select {}
}
