// A map that outlives the handler and is asked for what is put into it is a record of this process.
package main

import (
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
)

type service struct {
	nc      *nats.Conn
	mu      sync.Mutex
	running map[string]bool
	muted   map[string]bool
}

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	s := &service{nc: nc, running: map[string]bool{}, muted: map[string]bool{}}
	_, _ = nc.Subscribe("runs.started", func(m *nats.Msg) { _ = s.start(string(m.Data)) })
	_, _ = nc.Subscribe("runs.ended", func(m *nats.Msg) { s.end(string(m.Data)) })
	_, _ = nc.Subscribe("runs.told", func(m *nats.Msg) { s.tell(string(m.Data)) })
	select {}
}

// What is asked is put there.
func (s *service) start(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.running[id]; ok {
		return errors.New("runs already")
	}
	if err := s.nc.Publish("workers.start", []byte(id)); err != nil {
		return err
	}
	s.running[id] = true
	return nil
}

// What is asked is never put there.
func (s *service) end(id string) {
	if s.muted[id] {
		return
	}
	_ = s.nc.Publish("workers.end", []byte(id))
}

// The map is the handler's own, a new one for each message.
func (s *service) tell(id string) {
	told := map[string]bool{}
	for _, worker := range []string{"a", "b"} {
		if told[id] {
			continue
		}
		told[id] = true
		_ = s.nc.Publish("workers."+worker, []byte(id))
	}
}
