// Functions that answer whether a message is good: what they look at is what is checked.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/nats-io/nats.go"
)

type order struct {
	ID       string
	Customer string
	Qty      int
}

func (o order) ok() bool { return o.ID != "" && o.Qty > 0 }

type rules struct{ strict bool }

// allows looks at what it was set up with, and at nothing of the order.
func (r rules) allows(order) bool { return r.strict }

type handler struct {
	db    *sql.DB
	rules rules
}

func (h *handler) known(ctx context.Context, o order) bool {
	var n int
	_ = h.db.QueryRowContext(ctx, "SELECT count(*) FROM customers WHERE id = $1", o.Customer).Scan(&n)
	return n == 0
}

func plausible(_ context.Context, o order) bool {
	if o.Customer == "" {
		return false
	}
	return o.Qty < 1000
}

var errRefused = errors.New("refused")

func (h *handler) save(ctx context.Context, o order) error {
	_, err := h.db.ExecContext(ctx, "UPDATE orders SET qty = $1 WHERE id = $2", o.Qty, o.ID)
	return err
}

func decode(msg *nats.Msg) (o order, err error) {
	err = json.Unmarshal(msg.Data, &o)
	return o, err
}

// Asked of the payload itself.
func (h *handler) itself(msg *nats.Msg) error {
	o, err := decode(msg)
	if err != nil {
		return err
	}
	if !o.ok() {
		return errRefused
	}
	return h.save(context.Background(), o)
}

// Asked by a function that is given a context and asks nobody.
func (h *handler) inside(msg *nats.Msg) error {
	o, err := decode(msg)
	if err != nil {
		return err
	}
	if !plausible(context.Background(), o) {
		return errRefused
	}
	return h.save(context.Background(), o)
}

// Asked of the settings: nothing of the payload is checked.
func (h *handler) settings(msg *nats.Msg) error {
	o, err := decode(msg)
	if err != nil {
		return err
	}
	if !h.rules.allows(o) {
		return errRefused
	}
	return h.save(context.Background(), o)
}

// Asked of the database: no check of the payload either.
func (h *handler) elsewhere(msg *nats.Msg) error {
	o, err := decode(msg)
	if err != nil {
		return err
	}
	if h.known(context.Background(), o) {
		return errRefused
	}
	return h.save(context.Background(), o)
}

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	h := &handler{}
	nc.Subscribe("orders.itself", func(m *nats.Msg) { _ = h.itself(m) })
	nc.Subscribe("orders.inside", func(m *nats.Msg) { _ = h.inside(m) })
	nc.Subscribe("orders.settings", func(m *nats.Msg) { _ = h.settings(m) })
	nc.Subscribe("orders.elsewhere", func(m *nats.Msg) { _ = h.elsewhere(m) })
	select {}
}
