package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"log"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
	"gorm.io/gorm"
)

type orderPlaced struct {
	ID       string
	Customer string
	Items    []item
}

type item struct{ Product string }

type line struct {
	Order   string `gorm:"primaryKey"`
	Product string `gorm:"primaryKey"`
	Row     string
}

type invoice struct {
	ID    uint
	Order string `gorm:"uniqueIndex"`
	Total int
}

type app struct {
	ch *amqp.Channel
	db *sql.DB
	gm *gorm.DB
}

const insertPayment = `INSERT INTO payments (id, order_id) VALUES ($1, $2)`

func (a *app) consume(queue string, handle func(ctx context.Context, event *orderPlaced) error) {
	deliveries, _ := a.ch.Consume(queue, "", false, false, false, false, nil)
	for d := range deliveries {
		event := new(orderPlaced)
		if err := json.Unmarshal(d.Body, event); err != nil {
			_ = d.Nack(false, false)
			continue
		}
		if err := handle(context.Background(), event); err != nil {
			_ = d.Nack(false, true)
			continue
		}
		_ = d.Ack(false)
	}
}

// The message's own id is the primary key, and the insert comes before what else is done.
func (a *app) ownKey(ctx context.Context, event *orderPlaced) error {
	query := `INSERT INTO orders (id, customer) VALUES ($1, $2)`
	if _, err := a.db.ExecContext(ctx, query, event.ID, event.Customer); err != nil {
		return err
	}
	return a.tell(ctx, event)
}

// The insert is refused, and nobody hears of it.
func (a *app) ownKeyUnheard(ctx context.Context, event *orderPlaced) error {
	if _, err := a.db.ExecContext(ctx, "INSERT INTO orders (id, customer) VALUES ($1, $2)", event.ID, event.Customer); err != nil {
		log.Println(err)
	}
	return a.tell(ctx, event)
}

// The primary key is made anew; an index over the order stops the second row.
func (a *app) secondKey(ctx context.Context, event *orderPlaced) error {
	_, err := a.db.ExecContext(ctx, insertPayment, uuid.NewString(), event.ID)
	return err
}

// Each delivery has a key of its own.
func (a *app) freshKey(ctx context.Context, event *orderPlaced) error {
	_, err := a.db.ExecContext(ctx, "INSERT INTO orders (id, customer) VALUES ($1, $2)", uuid.NewString(), event.Customer)
	return err
}

// Each of several rows has a key of two fields, both of the message.
func (a *app) keyOfEachRow(ctx context.Context, event *orderPlaced) error {
	var lines []line
	for _, bought := range event.Items {
		lines = append(lines, line{Order: event.ID, Product: bought.Product, Row: uuid.NewString()})
	}
	return a.gm.WithContext(ctx).Create(&lines).Error
}

// A part of the key of each row is made anew.
func (a *app) partOfKeyIsFresh(ctx context.Context, event *orderPlaced) error {
	var lines []line
	for range event.Items {
		lines = append(lines, line{Order: event.ID, Product: uuid.NewString()})
	}
	return a.gm.WithContext(ctx).Create(&lines).Error
}

// A tag of the model says what is unique.
func (a *app) taggedKey(ctx context.Context, event *orderPlaced) error {
	return a.gm.WithContext(ctx).Create(&invoice{Order: event.ID, Total: 1}).Error
}

func (a *app) tell(ctx context.Context, event *orderPlaced) error {
	body, _ := json.Marshal(event)
	return a.ch.PublishWithContext(ctx, "", "told", false, false, amqp.Publishing{Body: body})
}

func main() {
	conn, _ := amqp.Dial("amqp://x")
	ch, _ := conn.Channel()
	db, _ := sql.Open("postgres", "")
	a := &app{ch: ch, db: db, gm: &gorm.DB{}}
	go a.consume("own-key", a.ownKey)
	go a.consume("own-key-unheard", a.ownKeyUnheard)
	go a.consume("second-key", a.secondKey)
	go a.consume("fresh-key", a.freshKey)
	go a.consume("key-of-each-row", a.keyOfEachRow)
	go a.consume("part-of-key-is-fresh", a.partOfKeyIsFresh)
	a.consume("tagged-key", a.taggedKey)
}
