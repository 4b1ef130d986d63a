// An insert that is built in steps and settles conflicts in the last of them is an upsert.
package main

import (
	"database/sql"
	"encoding/json"

	"github.com/Masterminds/squirrel"
	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
)

type user struct{ Name, Mail string }

func main() {
	db, _ := sql.Open("postgres", "")
	conn, _ := amqp.Dial("amqp://localhost")
	ch, _ := conn.Channel()
	deliveries, _ := ch.Consume("users", "", false, false, false, false, nil)
	for d := range deliveries {
		handle(db, d)
	}
}

func handle(db *sql.DB, d amqp.Delivery) {
	var users []user
	if err := json.Unmarshal(d.Body, &users); err != nil {
		_ = d.Nack(false, false)
		return
	}
	insert := squirrel.Insert("users").Columns("id", "name", "mail")
	for _, u := range users {
		insert = insert.Values(uuid.NewString(), u.Name, u.Mail)
	}
	upsert := insert.Suffix("ON CONFLICT (name) DO UPDATE SET mail = EXCLUDED.mail")
	if _, err := upsert.RunWith(db).Exec(); err != nil {
		_ = d.Nack(false, true)
		return
	}
	_ = d.Ack(false)
}
