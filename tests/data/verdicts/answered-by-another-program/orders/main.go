// Command orders asks billing to do what the messages say.
package main

import (
	"context"
	"encoding/json"

	"github.com/segmentio/kafka-go"
	"google.golang.org/grpc"

	"example.com/shop/pb"
)

type Order struct {
	ID    string
	Cents int64
}

type app struct{ billing pb.BillingClient }

func main() {
	conn, err := grpc.NewClient("billing:9000")
	if err != nil {
		panic(err)
	}
	a := &app{billing: pb.NewBillingClient(conn)}
	go a.consume("order.placed", a.placed)
	a.consume("order.closed", a.closed)
}

func (a *app) consume(topic string, handle func(context.Context, Order) error) {
	reader := kafka.NewReader(kafka.ReaderConfig{Topic: topic, GroupID: "orders"})
	for {
		m, err := reader.FetchMessage(context.Background())
		if err != nil {
			return
		}
		var order Order
		if err := json.Unmarshal(m.Value, &order); err != nil {
			continue
		}
		if err := handle(context.Background(), order); err != nil {
			continue
		}
		reader.CommitMessages(context.Background(), m)
	}
}

func (a *app) placed(ctx context.Context, order Order) error {
	_, err := a.billing.Charge(ctx, &pb.ChargeRequest{Order: order.ID, Cents: order.Cents})
	return err
}

func (a *app) closed(ctx context.Context, order Order) error {
	_, err := a.billing.Close(ctx, &pb.CloseRequest{Order: order.ID})
	return err
}
