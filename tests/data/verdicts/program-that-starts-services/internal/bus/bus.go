// Package bus answers commands.
package bus

import "github.com/nats-io/nats.go"

// Bus is a connection.
type Bus struct{ nc *nats.Conn }

// Open connects.
func Open() *Bus {
	nc, _ := nats.Connect(nats.DefaultURL)
	return &Bus{nc: nc}
}

// Serve hands commands to a handler, and says that they were done.
func (b *Bus) Serve(topic string, handle func([]byte)) {
	_, _ = b.nc.Subscribe(topic, func(m *nats.Msg) {
		handle(m.Data)
		_ = b.nc.Publish("commands.done", m.Data)
	})
}
