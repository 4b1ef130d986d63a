// One constructor builds the consumer and, where it is switched off, one that receives nothing.
package main

import (
	"context"
	"log"

	"github.com/segmentio/kafka-go"
)

type consumer struct {
	enabled bool
	reader  *kafka.Reader
}

func newConsumer(enabled bool, topic string) *consumer {
	if !enabled {
		return &consumer{enabled: false}
	}
	reader := kafka.NewReader(kafka.ReaderConfig{Topic: topic, GroupID: "audit"})
	return &consumer{enabled: true, reader: reader}
}

func (c *consumer) run(ctx context.Context) {
	if !c.enabled || c.reader == nil {
		return
	}
	for {
		msg, err := c.reader.ReadMessage(ctx)
		if err != nil {
			return
		}
		log.Println(string(msg.Value))
	}
}

func main() { newConsumer(true, "orders").run(context.Background()) }
