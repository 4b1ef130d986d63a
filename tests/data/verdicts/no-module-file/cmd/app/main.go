// A program from before modules: no go.mod tells what the repository's own folders are imported by.
package main

import (
	"database/sql"

	"github.com/example/shop/bus"
	"github.com/nats-io/nats.go"
)

var db *sql.DB

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	bus.Listen(nc, "orders", func(body []byte) error {
		_, err := db.Exec("INSERT INTO orders(body) VALUES ($1)", body)
		return err
	})
}
