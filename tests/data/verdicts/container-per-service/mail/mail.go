package mail

import (
	"context"
	"database/sql"

	"github.com/nats-io/nats.go"

	"example.com/shop/internal/inbox"
	"example.com/shop/internal/locator"
	"example.com/shop/internal/msg"
)

const wrapperKey = "wrapper"

type handlers struct {
	db *sql.DB
}

func (h handlers) Handle(ctx context.Context, m msg.Message) error {
	_, err := h.db.ExecContext(ctx, "UPDATE mails SET open = open + 1 WHERE product = $1", m.Product)
	return err
}

// chained puts wrappers around a handler; the last is the outermost.
func chained(h msg.Handler, wrappers ...msg.Wrapper) msg.Handler {
	for _, wrap := range wrappers {
		h = wrap(h)
	}
	return h
}

// Start takes the inbox's wrapper itself out of the locator.
func Start(nc *nats.Conn, db *sql.DB) error {
	l := locator.New()
	l.Add(wrapperKey, func(l locator.Locator) (any, error) {
		return inbox.Once(inbox.NewTable(db)), nil
	})
	return msg.Listen(nc, "mail.wanted", chained(handlers{db: db}, l.Take(wrapperKey).(msg.Wrapper)))
}
