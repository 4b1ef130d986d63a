package listener

import (
	"context"
	"database/sql"
	"log"

	"github.com/segmentio/kafka-go"
)

type listen func(message []byte) error

var factories = []func(db *sql.DB) (topic string, handle listen){}

// Start runs them all.
func Start(ctx context.Context, db *sql.DB) {
	for _, factory := range factories {
		topic, handle := factory(db)
		consume(ctx, topic, func(message []byte) error {
			return handle(message)
		})
	}
}

func consume(ctx context.Context, topic string, handle func(message []byte) error) {
	r := kafka.NewReader(kafka.ReaderConfig{Topic: topic, GroupID: "devices"})
	go func() {
		for {
			m, err := r.FetchMessage(ctx)
			if err != nil {
				return
			}
			if err := handle(m.Value); err != nil {
				log.Print(err)
				continue
			}
			_ = r.CommitMessages(ctx, m)
		}
	}()
}
