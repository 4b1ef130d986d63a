// Payloads whose types another repository declares, and a list without a type of its own: what is
// asked of them is asked of the message.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"example.com/contracts/orderspb"
	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"
)

var db *sql.DB

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	_, _ = nc.Subscribe("orders.checked", func(m *nats.Msg) { _ = checked(m.Data) })
	_, _ = nc.Subscribe("orders.trusted", func(m *nats.Msg) { _ = trusted(m.Data) })
	_, _ = nc.Subscribe("orders.listed", func(m *nats.Msg) { _ = listed(m.Data) })
	select {}
}

func checked(data []byte) error {
	order := orderspb.OrderPlaced{}
	if err := proto.Unmarshal(data, &order); err != nil {
		return err
	}
	if order.Customer == nil || order.Total <= 0 {
		return errors.New("no customer or no total")
	}
	return save(order.Id)
}

func trusted(data []byte) error {
	order := orderspb.OrderPlaced{}
	if err := proto.Unmarshal(data, &order); err != nil {
		return err
	}
	return save(order.Id)
}

func listed(data []byte) error {
	var ids []string
	if err := json.Unmarshal(data, &ids); err != nil {
		return err
	}
	if len(ids) == 0 {
		return errors.New("no ids")
	}
	return save(ids[0])
}

func save(id string) error {
	_, err := db.ExecContext(context.Background(), "INSERT INTO orders (id) VALUES ($1)", id)
	return err
}
