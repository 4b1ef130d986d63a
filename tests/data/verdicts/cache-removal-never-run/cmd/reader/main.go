package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"example.com/e/names"
)

func main() {
	db, _ := sql.Open("postgres", os.Getenv("DSN"))
	var config names.Config
	if ttl, err := time.ParseDuration(os.Getenv("TTL")); err == nil {
		config.CacheTTL = ttl
	}
	known := names.New(db, config)
	conn, _ := amqp.Dial("amqp://x")
	ch, _ := conn.Channel()
	deliveries, _ := ch.Consume("orders", "", false, false, false, false, nil)
	for d := range deliveries {
		var order struct{ Name string }
		if json.Unmarshal(d.Body, &order) != nil {
			continue
		}
		name, _ := known.Find(context.Background(), order.Name)
		// A message sent beside a fill changes nothing that is cached.
		_ = ch.PublishWithContext(context.Background(), "", "named", false, false, amqp.Publishing{Body: []byte(name)})
	}
}
