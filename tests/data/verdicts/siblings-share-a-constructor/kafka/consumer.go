package kafka

import (
	"context"

	"github.com/segmentio/kafka-go"
)

func NewConsumer(ctx context.Context, topic string, listener func(delivery []byte) error) error {
	r := kafka.NewReader(kafka.ReaderConfig{GroupID: "one", Topic: topic})
	go func() {
		for {
			m, err := r.FetchMessage(ctx)
			if err != nil {
				return
			}
			err = retry(func() error {
				return listener(m.Value)
			})
			if err == nil {
				r.CommitMessages(ctx, m)
			}
		}
	}()
	return nil
}

func retry(f func() error) (err error) {
	for i := 0; i < 3; i++ {
		if err = f(); err == nil {
			return nil
		}
	}
	return err
}
