// Indexes that code makes are keys like those of migrations: an order is stored once, a note each time.
package main

import (
	"context"
	"encoding/json"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

type order struct {
	OrderID string `bson:"order_id" json:"order_id"`
	Total   int    `bson:"total"`
}

type note struct {
	Author string `bson:"author"`
	Text   string `bson:"text"`
}

func main() {
	client, _ := mongo.Connect(context.Background())
	db := client.Database("shop")
	orders, notes := db.Collection("orders"), db.Collection("notes")
	once := options.Index().SetUnique(true)
	_, _ = orders.Indexes().CreateOne(context.Background(), mongo.IndexModel{
		Keys:    bson.D{{Key: "order_id", Value: 1}},
		Options: once,
	})
	_, _ = notes.Indexes().CreateOne(context.Background(), mongo.IndexModel{Keys: bson.M{"author": 1}})
	conn, _ := amqp.Dial("amqp://localhost")
	ch, _ := conn.Channel()
	go keep(ch, orders)
	jot(ch, notes)
}

func keep(ch *amqp.Channel, orders *mongo.Collection) {
	deliveries, _ := ch.Consume("orders", "", false, false, false, false, nil)
	for d := range deliveries {
		var o order
		if err := json.Unmarshal(d.Body, &o); err != nil {
			_ = d.Nack(false, false)
			continue
		}
		if _, err := orders.InsertOne(context.Background(), &o); err != nil && !mongo.IsDuplicateKeyError(err) {
			_ = d.Nack(false, true)
			continue
		}
		_ = d.Ack(false)
	}
}

func jot(ch *amqp.Channel, notes *mongo.Collection) {
	deliveries, _ := ch.Consume("notes", "", false, false, false, false, nil)
	for d := range deliveries {
		var n note
		if err := json.Unmarshal(d.Body, &n); err != nil {
			_ = d.Nack(false, false)
			continue
		}
		if _, err := notes.InsertOne(context.Background(), &n); err != nil {
			_ = d.Nack(false, true)
			continue
		}
		_ = d.Ack(false)
	}
}
