package bus

import "github.com/nats-io/nats.go"

func Listen(topic string, handle func([]byte)) error {
	nc, err := nats.Connect(nats.DefaultURL)
	if err != nil {
		return err
	}
	_, err = nc.Subscribe(topic, func(m *nats.Msg) { handle(m.Data) })
	return err
}
