// Package msg is what the services know of messages and of who hears them.
package msg

import (
	"context"
	"encoding/json"

	"github.com/nats-io/nats.go"
)

type Message struct {
	ID      string
	Amount  int
	Product string
}

type Handler interface {
	Handle(ctx context.Context, m Message) error
}

type HandlerFunc func(ctx context.Context, m Message) error

func (f HandlerFunc) Handle(ctx context.Context, m Message) error {
	return f(ctx, m)
}

type Wrapper = func(next Handler) Handler

// Wrapped puts wrappers around a handler; the first is the outermost.
func Wrapped(h Handler, wrappers ...Wrapper) Handler {
	return around(h, wrappers...)
}

func around[T any, W func(T) T](target T, wrappers ...W) T {
	out := target
	for i := len(wrappers) - 1; i >= 0; i-- {
		out = wrappers[i](out)
	}
	return out
}

func Listen(nc *nats.Conn, subject string, h Handler) error {
	_, err := nc.Subscribe(subject, func(raw *nats.Msg) {
		var m Message
		if err := json.Unmarshal(raw.Data, &m); err != nil {
			return
		}
		_ = h.Handle(context.Background(), m)
	})
	return err
}
