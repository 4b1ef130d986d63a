// What is put back only while a count of its attempts allows it comes back no more than that often.
package main

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const maxAttempts = 5

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	js, _ := jetstream.New(nc)
	ctx := context.Background()
	counted, _ := js.Consumer(ctx, "ORDERS", "counted")
	_, _ = counted.Consume(takeCounted)
	forever, _ := js.Consumer(ctx, "ORDERS", "forever")
	_, _ = forever.Consume(takeForEver)
	select {}
}

func takeCounted(msg jetstream.Msg) {
	if err := handle(msg.Data()); err != nil {
		meta, _ := msg.Metadata()
		if meta.NumDelivered >= maxAttempts {
			_ = msg.Ack()
			return
		}
		_ = msg.Nak()
		return
	}
	_ = msg.Ack()
}

func takeForEver(msg jetstream.Msg) {
	if err := handle(msg.Data()); err != nil {
		_ = msg.Nak()
		return
	}
	_ = msg.Ack()
}

func handle(data []byte) error {
	if len(data) == 0 {
		return errors.New("nothing there")
	}
	return nil
}
