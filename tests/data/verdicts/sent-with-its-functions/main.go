// What is sent into a channel carries the message and the functions that answer for it: those are
// not all that is done with it.
package main

import (
	"github.com/nats-io/nats.go"
)

type parcel struct {
	data []byte
	ack  func()
}

type inlet struct{ out chan<- *parcel }

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	in := &inlet{out: target()}
	_, _ = nc.Subscribe("orders", in.take)
	select {}
}

// target is set when the program is linked.
var target func() chan<- *parcel

func (i *inlet) take(m *nats.Msg) {
	i.out <- &parcel{data: m.Data, ack: func() { _ = m.Ack() }}
}
