package main

import (
	"encoding/json"
	"log"

	"github.com/nats-io/nats.go"
)

type base struct {
	ID string `json:"order_id"`
}

type paid struct {
	base
	Amount float64 `json:"Total_Amount"`
}

type received struct {
	ID     string  `json:"order_id"`
	Amount float64 `json:"total_amount"`
	Coupon string  `json:"coupon"`
	Note   string  `json:"note"`
}

// Every field that is read is written, by one publisher or another; case makes no difference.
func onPaid(m *nats.Msg) {
	var event received
	if err := json.Unmarshal(m.Data, &event); err != nil {
		return
	}
	event.Note = "seen"
	log.Print(event.ID, event.Amount, event.Coupon)
}

func pay(nc *nats.Conn, id string, amount float64) error {
	data, err := json.Marshal(paid{base: base{ID: id}, Amount: amount})
	if err != nil {
		return err
	}
	return nc.Publish("order.paid", data)
}

func payWithCoupon(nc *nats.Conn, id, coupon string) error {
	data, err := json.Marshal(map[string]any{"order_id": id, "coupon": coupon})
	if err != nil {
		return err
	}
	return nc.Publish("order.paid", data)
}

type sent struct {
	ID   string `json:"order_id"`
	Code string `json:"code"`
}

// One publisher adds keys as it goes: nobody can say what it writes.
func onSent(m *nats.Msg) {
	var event sent
	if err := json.Unmarshal(m.Data, &event); err != nil {
		return
	}
	log.Print(event.ID, event.Code)
}

func send(nc *nats.Conn, id string, extra map[string]string) error {
	body := map[string]any{"order_id": id}
	for key, value := range extra {
		body[key] = value
	}
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return nc.Publish("order.sent", data)
}

func main() {
	nc, _ := nats.Connect("")
	_, _ = nc.Subscribe("order.paid", onPaid)
	_, _ = nc.Subscribe("order.sent", onSent)
	_ = pay(nc, "1", 2)
	_ = payWithCoupon(nc, "1", "ten")
	_ = send(nc, "1", nil)
	select {}
}
