// A field of the message that cannot be read in another form ends the handler. What the handler was
// set up with, and what is read only in passing, refuses no message.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"time"

	"github.com/nats-io/nats.go"
)

type order struct {
	ID   string `json:"id"`
	Due  string `json:"due"`
	Note string `json:"note"`
}

var db *sql.DB

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	_, _ = nc.Subscribe("orders.parsed", func(m *nats.Msg) { _ = parsed(m.Data) })
	_, _ = nc.Subscribe("orders.lenient", func(m *nats.Msg) { _ = lenient(m.Data) })
	_, _ = nc.Subscribe("orders.set-up", func(m *nats.Msg) { _ = setUp(m.Data) })
	select {}
}

func parsed(data []byte) error {
	var o order
	if err := json.Unmarshal(data, &o); err != nil {
		return err
	}
	due, err := time.Parse(time.RFC3339, o.Due)
	if err != nil {
		return err
	}
	return save(o.ID, due)
}

func lenient(data []byte) error {
	var o order
	if err := json.Unmarshal(data, &o); err != nil {
		return err
	}
	due, err := time.Parse(time.RFC3339, o.Due)
	if err != nil {
		due = time.Now()
	}
	return save(o.ID, due)
}

func setUp(data []byte) error {
	var o order
	if err := json.Unmarshal(data, &o); err != nil {
		return err
	}
	due, err := time.Parse(time.RFC3339, os.Getenv("DUE"))
	if err != nil {
		return err
	}
	return save(o.ID, due)
}

func save(id string, due time.Time) error {
	_, err := db.ExecContext(context.Background(), "INSERT INTO orders (id, due) VALUES ($1, $2)", id, due)
	return err
}
