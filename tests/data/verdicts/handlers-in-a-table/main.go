package main

import (
	"plugin"

	amqp "github.com/rabbitmq/amqp091-go"
)

type handler func(d amqp.Delivery) error

type server struct {
	ch     *amqp.Channel
	routes map[string]handler
}

// load fills the table with what other binaries bring.
func (s *server) load(names []string) {
	for _, name := range names {
		p, _ := plugin.Open(name)
		found, _ := p.Lookup("Handle")
		s.routes[name] = found.(handler)
	}
}

func (s *server) run() error {
	deliveries, err := s.ch.Consume("calls", "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	for d := range deliveries {
		s.serve(d)
	}
	return nil
}

func (s *server) serve(d amqp.Delivery) {
	handle, ok := s.routes[d.Type]
	if !ok {
		return
	}
	_ = handle(d)
}

func main() {
	conn, _ := amqp.Dial("amqp://x")
	ch, _ := conn.Channel()
	s := &server{ch: ch, routes: map[string]handler{}}
	s.load([]string{"a.so"})
	_ = s.run()
}
