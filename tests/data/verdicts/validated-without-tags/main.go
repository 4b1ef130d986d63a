// A validator that goes by tags refuses nothing of a type that has none.
package main

import (
	"database/sql"
	"encoding/json"
	"time"

	"github.com/acme/contracts"
	"github.com/go-playground/validator/v10"
	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
)

type common struct {
	ID      uuid.UUID `json:"id"`
	Network string    `json:"network"`
	Seen    time.Time `json:"seen"`
}

// None of these fields has a tag of the validator, nor has one that is embedded.
type node struct {
	common
	Address string `json:"address"`
	Peers   []peer `json:"peers"`
}

type peer struct {
	Key string `json:"key" validate:"required"`
}

// The tag is one of a field within.
type host struct {
	Name string `json:"name"`
	Peer *peer  `json:"peer"`
}

// What another module of the same makers declares is not known.
type gateway struct {
	contracts.Common
	Name string `json:"name"`
}

type app struct {
	ch       *amqp.Channel
	db       *sql.DB
	validate *validator.Validate
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

func (a *app) save(id string) error {
	_, err := a.db.Exec("INSERT INTO nodes (id) VALUES ($1)", id)
	return err
}

func (a *app) onNode(d amqp.Delivery) error {
	var n node
	if err := json.Unmarshal(d.Body, &n); err != nil {
		return err
	}
	if err := checkNode(&n); err != nil {
		return err
	}
	return a.save(n.Address)
}

func checkNode(n *node) error {
	v := validator.New()
	_ = v.RegisterValidation("known", func(validator.FieldLevel) bool { return true })
	err := v.Struct(n)
	return err
}

func (a *app) onHost(d amqp.Delivery) error {
	var h host
	if err := json.Unmarshal(d.Body, &h); err != nil {
		return err
	}
	if err := a.validate.Struct(h); err != nil {
		return err
	}
	return a.save(h.Name)
}

func (a *app) onGateway(d amqp.Delivery) error {
	var g gateway
	if err := json.Unmarshal(d.Body, &g); err != nil {
		return err
	}
	if err := a.validate.Struct(g); err != nil {
		return err
	}
	return a.save(g.Name)
}

// Validate is one function for all types.
func (a *app) Validate(value any) error { return a.validate.Struct(value) }

func (a *app) onWrapped(d amqp.Delivery) error {
	var n node
	if err := json.Unmarshal(d.Body, &n); err != nil {
		return err
	}
	if err := a.Validate(&n); err != nil {
		return err
	}
	return a.save(n.Address)
}

func (a *app) onWrappedHost(d amqp.Delivery) error {
	var h host
	if err := json.Unmarshal(d.Body, &h); err != nil {
		return err
	}
	if err := a.Validate(h); err != nil {
		return err
	}
	return a.save(h.Name)
}

func main() {
	conn, _ := amqp.Dial("amqp://x")
	ch, _ := conn.Channel()
	db, _ := sql.Open("postgres", "")
	a := &app{ch: ch, db: db, validate: validator.New()}
	go a.consume("node", a.onNode)
	go a.consume("host", a.onHost)
	go a.consume("gateway", a.onGateway)
	go a.consume("wrapped", a.onWrapped)
	a.consume("wrapped-host", a.onWrappedHost)
}
