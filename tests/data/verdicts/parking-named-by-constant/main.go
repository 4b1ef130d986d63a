package main

import (
	"context"
	"encoding/json"

	"cloud.google.com/go/pubsub"
	"github.com/nats-io/stan.go"
)

const (
	deadLetterSubject = "mail:errors"
	greatest          = 3
)

type mail struct{ To string }

// The constant says what the subject is for.
func main() {
	conn, _ := stan.Connect("cluster", "client")
	conn.QueueSubscribe("mail:send", "mail", func(m *stan.Msg) {
		var it mail
		if err := json.Unmarshal(m.Data, &it); err != nil {
			return
		}
		if err := send(it); err != nil {
			if m.RedeliveryCount > greatest {
				conn.Publish(deadLetterSubject, m.Data)
				m.Ack()
			}
			return
		}
		m.Ack()
	})
	// Whether what is put back is moved aside is said where the subscription is made: no high missing.
	client, _ := pubsub.NewClient(context.Background(), "project")
	client.Subscription("mail-sub").Receive(context.Background(), func(ctx context.Context, m *pubsub.Message) {
		var it mail
		if json.Unmarshal(m.Data, &it) != nil || send(it) != nil {
			m.Nack()
			return
		}
		m.Ack()
	})
}

func send(mail) error { return nil }
