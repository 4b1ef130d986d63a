package main

import (
	"database/sql"
	"encoding/json"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/trips/bus"
)

type trip struct{ ID string }

type app struct{ db *sql.DB }

func (a *app) counted(body []byte) error {
	var t trip
	if err := json.Unmarshal(body, &t); err != nil {
		return err
	}
	_, err := a.db.Exec("UPDATE drivers SET trips = trips + 1 WHERE id = $1", t.ID)
	return err
}

func main() {
	conn, _ := amqp.Dial("amqp://localhost")
	ch, _ := conn.Channel()
	db, _ := sql.Open("postgres", "")
	a := &app{db: db}
	bus.New(ch).Subscribe("stock_queue", "trip.ended", a.counted)
	select {}
}
