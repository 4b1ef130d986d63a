package main

import (
	"context"
	"encoding/json"
	"log"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
	amqp "github.com/rabbitmq/amqp091-go"
)

type order struct {
	ID string `json:"id"`
}

func decode(data []byte) (order, error) {
	var o order
	if err := json.Unmarshal(data, &o); err != nil { // want
		return order{}, err
	}
	return o, nil
}

func onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	o, err := decode(e.RawData)
	if err != nil {
		return true, err
	}
	log.Print(o.ID)
	return false, nil
}

func receive(deliveries <-chan amqp.Delivery) {
	for d := range deliveries {
		var o order
		if err := json.Unmarshal(d.Body, &o); err != nil { // want
			_ = d.Nack(false, true)
			continue
		}
		log.Print(o.ID)
		_ = d.Ack(false)
	}
}

func main() {
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, onPaid)
	conn, _ := amqp.Dial("")
	ch, _ := conn.Channel()
	deliveries, _ := ch.Consume("stock", "", false, false, false, false, nil)
	go receive(deliveries)
	_ = service.Start()
}
