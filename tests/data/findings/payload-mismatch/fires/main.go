package main

import (
	"encoding/json"
	"log"

	"github.com/nats-io/nats.go"
)

type paid struct {
	ID     string  `json:"order_id"`
	Amount float64 `json:"total_amount"`
}

type received struct {
	ID     string  `json:"order_id"`
	Amount float64 `json:"amount"`
	Note   string  `json:"note"`
}

// The amount is read under a name that nobody writes; the note is never read.
func onPaid(m *nats.Msg) {
	var event received
	if err := json.Unmarshal(m.Data, &event); err != nil { // want
		return
	}
	log.Print(event.ID, event.Amount)
}

func pay(nc *nats.Conn, id string, amount float64) error {
	data, err := json.Marshal(paid{ID: id, Amount: amount})
	if err != nil {
		return err
	}
	return nc.Publish("order.paid", data)
}

func main() {
	nc, _ := nats.Connect("")
	_, _ = nc.Subscribe("order.paid", onPaid)
	_ = pay(nc, "1", 2)
	select {}
}
