package bus

import "github.com/nats-io/nats.go"

// Listen hands the bodies of a subject's messages to handle.
func Listen(nc *nats.Conn, subject string, handle func([]byte) error) {
	nc.Subscribe(subject, func(m *nats.Msg) { handle(m.Data) })
}
