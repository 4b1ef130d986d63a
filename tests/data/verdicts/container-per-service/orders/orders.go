package orders

import (
	"context"
	"database/sql"

	"github.com/nats-io/nats.go"

	"example.com/shop/internal/inbox"
	"example.com/shop/internal/locator"
	"example.com/shop/internal/msg"
)

const (
	handlersKey = "handlers"
	tableKey    = "table"
	txKey       = "transaction"
)

type handlers struct {
	db inbox.DB
}

func (h handlers) Handle(ctx context.Context, m msg.Message) error {
	_, err := h.db.ExecContext(ctx, "UPDATE totals SET spent = spent + $1", m.Amount)
	return err
}

// Start wires the service: its messages go through the inbox, in the transaction of what they change.
func Start(nc *nats.Conn, db *sql.DB) error {
	l := locator.New()
	l.Add(txKey, func(l locator.Locator) (any, error) { return db.Begin() })
	l.Add(tableKey, func(l locator.Locator) (any, error) {
		return inbox.NewTable(l.Take(txKey).(*sql.Tx)), nil
	})
	l.Add(handlersKey, func(l locator.Locator) (any, error) {
		return msg.Wrapped(handlers{db: l.Take(txKey).(*sql.Tx)}, inbox.Once(l.Take(tableKey).(inbox.Store))), nil
	})
	return listen(nc, l)
}

func listen(nc *nats.Conn, l locator.Locator) error {
	handler := msg.HandlerFunc(func(ctx context.Context, m msg.Message) (err error) {
		ctx = l.Into(ctx)
		defer func(tx *sql.Tx) {
			if err != nil {
				_ = tx.Rollback()
			} else {
				err = tx.Commit()
			}
		}(locator.From(ctx, txKey).(*sql.Tx))
		return locator.From(ctx, handlersKey).(msg.Handler).Handle(ctx, m)
	})
	return msg.Listen(nc, "orders.paid", handler)
}
