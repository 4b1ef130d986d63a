package intake

import (
	"fmt"

	"example.com/e/registry"
	"github.com/nats-io/nats.go"
)

type input struct{}

func (input) Start() error {
	nc, err := nats.Connect(nats.DefaultURL)
	if err != nil {
		return err
	}
	_, err = nc.Subscribe("orders", take)
	return err
}

func take(m *nats.Msg) { fmt.Println(string(m.Data)) }

func init() { registry.Register("orders", func() registry.Input { return input{} }) }
