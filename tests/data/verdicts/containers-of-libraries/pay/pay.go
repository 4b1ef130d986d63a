// Package pay has two handlers of payments: one that keeps a record of messages and one that does not.
package pay

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/nats-io/nats.go"
)

type Payment struct {
	ID     string
	Amount int
}

type Handler interface {
	Handle(ctx context.Context, p Payment) error
}

type plain struct{ db *sql.DB }

func NewPlain(db *sql.DB) Handler { return &plain{db: db} }

func (h *plain) Handle(ctx context.Context, p Payment) error {
	_, err := h.db.ExecContext(ctx, "UPDATE accounts SET balance = balance + $1", p.Amount)
	return err
}

type recording struct{ db *sql.DB }

func NewRecording(db *sql.DB) Handler { return &recording{db: db} }

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

// Listener hands on what it hears.
type Listener struct {
	nc      *nats.Conn
	handler Handler
}

func NewListener(nc *nats.Conn, handler Handler) *Listener { return &Listener{nc: nc, handler: handler} }

func (l *Listener) Listen(subject string) error {
	_, err := l.nc.Subscribe(subject, func(raw *nats.Msg) {
		var p Payment
		if err := json.Unmarshal(raw.Data, &p); err != nil {
			return
		}
		_ = l.handler.Handle(context.Background(), p)
	})
	return err
}

func NewDB() (*sql.DB, error) { return sql.Open("pgx", "postgres://localhost/wired") }

func Connect() (*nats.Conn, error) { return nats.Connect(nats.DefaultURL) }
