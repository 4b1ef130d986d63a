// A library's client in a field of a local interface: the constructor fills it.
package main

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

type Client interface {
	ProduceSync(ctx context.Context, rs ...*kgo.Record) kgo.ProduceResults
	Close()
}

type Producer struct {
	client Client
	topic  string
}

func NewProducer(client Client, topic string) *Producer {
	return &Producer{client: client, topic: topic}
}

func (p *Producer) Publish(ctx context.Context, body []byte) error {
	return p.client.ProduceSync(ctx, &kgo.Record{Topic: p.topic, Value: body}).FirstErr()
}

func main() {
	client, err := kgo.NewClient(kgo.SeedBrokers("localhost:9092"))
	if err != nil {
		panic(err)
	}
	_ = NewProducer(client, "order.placed").Publish(context.Background(), nil)
}
