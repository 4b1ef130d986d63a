// What is refused may be some kinds of messages only, one field of several, or no more than what the
// message came in.
package main

import (
	"crypto/hmac"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"
	"golang.org/x/crypto/nacl/box"
)

type order struct {
	ID       string
	Kind     string
	Customer string
	Card     string
	Account  string
}

type app struct {
	ch  *amqp.Channel
	db  *sql.DB
	key *[32]byte
}

func (a *app) consume(queue string, handle func(d amqp.Delivery) error) {
	deliveries, _ := a.ch.Consume(queue, "", false, false, false, false, nil)
	for d := range deliveries {
		if err := handle(d); err != nil {
			_ = d.Nack(false, false)
			continue
		}
		_ = d.Ack(false)
	}
}

func (a *app) save(o order) error {
	_, err := a.db.Exec("INSERT INTO orders (id, customer, kind) VALUES ($1, $2, $3)", o.ID, o.Customer, o.Kind)
	return err
}

func (a *app) remove(id string) error {
	_, err := a.db.Exec("DELETE FROM orders WHERE id = $1", id)
	return err
}

// Only what is to be set is looked at.
func (a *app) someKinds(d amqp.Delivery) error {
	var o order
	if err := json.Unmarshal(d.Body, &o); err != nil {
		return err
	}
	switch o.Kind {
	case "set":
		if o.ID == "" || o.Customer == "" {
			return errors.New("no id or customer")
		}
		return a.save(o)
	case "remove":
		return a.remove(o.ID)
	}
	return nil
}

// Before any kind is told from another, all are looked at.
func (a *app) allKinds(d amqp.Delivery) error {
	var o order
	if err := json.Unmarshal(d.Body, &o); err != nil {
		return err
	}
	if o.ID == "" || o.Customer == "" {
		return errors.New("no id or customer")
	}
	switch o.Kind {
	case "set":
		if o.Card == "" {
			return errors.New("no card")
		}
		return a.save(o)
	case "remove":
		return a.remove(o.ID)
	}
	return nil
}

// Each kind has rules of its own, and what follows comes after them.
func (a *app) eachKind(d amqp.Delivery) error {
	var o order
	if err := json.Unmarshal(d.Body, &o); err != nil {
		return err
	}
	switch o.Kind {
	case "card":
		if o.Card == "" {
			return errors.New("no card")
		}
	case "account":
		if o.Account == "" {
			return errors.New("no account")
		}
	}
	return a.save(o)
}

// The length of one field is looked at, and three others are stored.
func (a *app) oneField(d amqp.Delivery) error {
	var o order
	if err := json.Unmarshal(d.Body, &o); err != nil {
		return err
	}
	if len(o.ID) != 16 {
		return errors.New("no id")
	}
	return a.save(o)
}

// One that cannot be opened is refused, whatever it says.
func (a *app) sealed(d amqp.Delivery) error {
	if len(d.Body) <= 24 {
		return errors.New("too short")
	}
	plain, err := a.open(d.Body)
	if err != nil {
		return err
	}
	var o order
	if err := json.Unmarshal(plain, &o); err != nil {
		return err
	}
	return a.save(o)
}

func (a *app) open(sealed []byte) ([]byte, error) {
	if len(sealed) < 24 {
		return nil, errors.New("too short")
	}
	var nonce [24]byte
	copy(nonce[:], sealed[:24])
	plain, ok := box.Open(nil, sealed[24:], &nonce, a.key, a.key)
	if !ok {
		return nil, errors.New("cannot be opened")
	}
	return plain, nil
}

// One whose signature is wrong is refused, whatever it says.
func (a *app) signed(d amqp.Delivery) error {
	var o order
	if err := json.Unmarshal(d.Body, &o); err != nil {
		return err
	}
	if !hmac.Equal([]byte(d.MessageId), d.Body) {
		return errors.New("signature")
	}
	return a.save(o)
}

// What an effect failed with says nothing of the order, and a text always has a part.
func (a *app) effect(d amqp.Delivery) error {
	var o order
	if err := json.Unmarshal(d.Body, &o); err != nil {
		return err
	}
	if len(strings.Split(o.ID, "/")) == 0 {
		return errors.New("no parts")
	}
	if err := a.forget(o.ID); err != nil {
		if !strings.Contains(err.Error(), "not there") {
			return errors.New("not forgotten")
		}
	}
	return a.save(o)
}

func (a *app) forget(id string) error {
	if a.db == nil {
		return errors.New("no database")
	}
	return a.remember(id)
}

func (a *app) remember(string) error { return nil }

func main() {
	conn, _ := amqp.Dial("amqp://x")
	ch, _ := conn.Channel()
	db, _ := sql.Open("postgres", "")
	a := &app{ch: ch, db: db}
	go a.consume("some-kinds", a.someKinds)
	go a.consume("all-kinds", a.allKinds)
	go a.consume("each-kind", a.eachKind)
	go a.consume("one-field", a.oneField)
	go a.consume("sealed", a.sealed)
	go a.consume("signed", a.signed)
	a.consume("effect", a.effect)
}
