// What a handler does with a message lies in sight where it gives it to nothing that was not seen.
package main

import (
	"log"

	"github.com/nats-io/nats.go"
)

var waiting = make(chan *parcel)

type parcel struct{ body []byte }

type keeper struct {
	last []byte
	list []*nats.Msg
}

// It is only told.
func greeted(m *nats.Msg) { log.Println("greeted") }

// The last one takes the place of the one before.
func (k *keeper) latest(m *nats.Msg) { k.last = m.Data }

// Somebody may go through the list.
func (k *keeper) listed(m *nats.Msg) { k.list = append(k.list, m) }

// Somebody may wait for it.
func sent(m *nats.Msg) { waiting <- &parcel{body: m.Data} }

func main() {
	nc, err := nats.Connect("nats://nats:4222")
	if err != nil {
		log.Fatal(err)
	}
	k := &keeper{}
	nc.Subscribe("said.greeted", greeted)
	nc.Subscribe("said.latest", k.latest)
	nc.Subscribe("said.listed", k.listed)
	nc.Subscribe("said.sent", sent)
	select {}
}
