package stock

import (
	"context"
	"database/sql"

	"github.com/nats-io/nats.go"

	"example.com/shop/internal/locator"
	"example.com/shop/internal/msg"
)

const handlersKey = "handlers"

type handlers struct {
	db *sql.DB
}

func (h handlers) Handle(ctx context.Context, m msg.Message) error {
	_, err := h.db.ExecContext(ctx, "UPDATE shelves SET free = free - $1 WHERE product = $2", m.Amount, m.Product)
	return err
}

// Start wires the service under the same keys: nothing goes round its handlers.
func Start(nc *nats.Conn, db *sql.DB) error {
	l := locator.New()
	l.Add(handlersKey, func(l locator.Locator) (any, error) {
		return msg.Wrapped(handlers{db: db}), nil
	})
	handler := msg.HandlerFunc(func(ctx context.Context, m msg.Message) error {
		return l.Take(handlersKey).(msg.Handler).Handle(ctx, m)
	})
	return msg.Listen(nc, "stock.taken", handler)
}
