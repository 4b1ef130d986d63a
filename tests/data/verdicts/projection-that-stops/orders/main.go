package main

import (
	"context"
	"database/sql"
	"log"

	"github.com/EventStore/EventStore-Client-Go/esdb"
	"github.com/segmentio/kafka-go"

	"example.com/feed"
)

type totals struct {
	db  *sql.DB
	out *kafka.Writer
}

// Project writes and then tells of it: when the send fails, the event comes again.
func (t *totals) Project(ctx context.Context, event feed.Event) error {
	_, err := t.db.ExecContext(ctx, "INSERT INTO totals (total) VALUES ($1)", event.Total)
	if err != nil {
		return err
	}
	return t.tell(ctx, event)
}

func (t *totals) tell(ctx context.Context, event feed.Event) error {
	err := t.out.WriteMessages(ctx, kafka.Message{Topic: "totals.changed", Value: []byte(event.ID)})
	if err != nil {
		return err
	}
	return nil
}

func main() {
	settings, _ := esdb.ParseConnectionString("esdb://store:2113")
	db, _ := esdb.NewClient(settings)
	store, _ := sql.Open("postgres", "")
	reader := feed.New(db, &totals{db: store, out: &kafka.Writer{Addr: kafka.TCP("kafka:9092")}})
	go reader.Keep(context.Background())
	if err := reader.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
