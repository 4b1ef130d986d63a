package main

import (
	"encoding/json"
	"sync"

	"github.com/nats-io/nats.go"
)

type event struct {
	ID    string
	Rooms []string
}

// sent remembers what was sent, in this process.
type sent struct {
	mu   sync.Mutex
	keys map[string]bool
}

func (s *sent) Has(room, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[room+id]
}

func (s *sent) Put(room, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[room+id] = true
}

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	seen := &sent{keys: map[string]bool{}}
	// Another replica sends it again: partial.
	nc.Subscribe("event.raised", func(m *nats.Msg) {
		var e event
		if err := json.Unmarshal(m.Data, &e); err != nil {
			return
		}
		for _, room := range e.Rooms {
			if seen.Has(room, e.ID) {
				continue
			}
			seen.Put(room, e.ID)
			nc.Publish("room."+room, m.Data)
		}
	})
	// What is asked is not what is put down: missing.
	nc.Subscribe("event.changed", func(m *nats.Msg) {
		var e event
		if err := json.Unmarshal(m.Data, &e); err != nil {
			return
		}
		for _, room := range e.Rooms {
			if seen.Has(room, "muted") {
				continue
			}
			nc.Publish("room."+room, m.Data)
		}
	})
	select {}
}
