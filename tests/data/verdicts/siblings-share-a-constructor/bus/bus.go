package bus

import (
	"context"
	"encoding/json"

	"example.com/sib/kafka"
)

type User struct{ ID string }
type Group struct{ ID string }

type Event struct{}

func (e *Event) NewUserConsumer(ctx context.Context, listener func(User) error) error {
	return kafka.NewConsumer(ctx, "users", func(delivery []byte) error {
		msg := User{}
		if err := json.Unmarshal(delivery, &msg); err != nil {
			return err
		}
		return listener(msg)
	})
}

func (e *Event) NewGroupConsumer(ctx context.Context, listener func(string) error) error {
	return kafka.NewConsumer(ctx, "groups", func(delivery []byte) error {
		msg := Group{}
		if err := json.Unmarshal(delivery, &msg); err != nil {
			return err
		}
		return listener(msg.ID)
	})
}
