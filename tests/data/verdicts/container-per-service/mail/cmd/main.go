package main

import (
	"database/sql"
	"log"

	"github.com/nats-io/nats.go"

	"example.com/shop/mail"
)

func main() {
	nc, err := nats.Connect(nats.DefaultURL)
	if err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("pgx", "postgres://localhost/shop")
	if err != nil {
		log.Fatal(err)
	}
	if err := mail.Start(nc, db); err != nil {
		log.Fatal(err)
	}
	select {}
}
