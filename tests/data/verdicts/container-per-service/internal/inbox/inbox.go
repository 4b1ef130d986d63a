// Package inbox leaves out messages that were there before.
package inbox

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/shop/internal/msg"
)

type DuplicateError string

func (e DuplicateError) Error() string { return string(e) }

type Store interface {
	Save(ctx context.Context, m msg.Message) error
}

// DB is a database or a transaction in it.
type DB interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

type InboxTable struct {
	db DB
}

func NewTable(db DB) InboxTable { return InboxTable{db: db} }

func (t InboxTable) Save(ctx context.Context, m msg.Message) error {
	_, err := t.db.ExecContext(ctx, "INSERT INTO inbox (id) VALUES ($1)", m.ID)
	if err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code == "23505" {
			return DuplicateError(m.ID)
		}
	}
	return err
}

func Once(inbox Store) msg.Wrapper {
	return func(next msg.Handler) msg.Handler {
		return msg.HandlerFunc(func(ctx context.Context, m msg.Message) error {
			if err := inbox.Save(ctx, m); err != nil {
				var known DuplicateError
				if errors.As(err, &known) {
					return nil
				}
				return err
			}
			return next.Handle(ctx, m)
		})
	}
}
