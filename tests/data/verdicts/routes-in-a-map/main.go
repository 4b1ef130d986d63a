// Command rpc keeps its handlers in a map that another package fills, and that a third is given.
package main

import (
	"database/sql"
	"log"

	"github.com/nats-io/nats.go"

	"example.com/rpc/server"
	v1 "example.com/rpc/v1"
)

func routes(db *sql.DB) map[string]server.Handler {
	all := make(map[string]server.Handler)
	v1.Register(all, db)
	return all
}

func main() {
	nc, err := nats.Connect(nats.DefaultURL)
	if err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("postgres", "")
	if err != nil {
		log.Fatal(err)
	}
	if err := server.New(nc, routes(db)).Start(); err != nil {
		log.Fatal(err)
	}
	select {}
}
