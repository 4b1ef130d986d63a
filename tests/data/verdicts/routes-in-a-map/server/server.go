package server

import (
	"log"

	"github.com/nats-io/nats.go"
)

// Handler handles one kind of call.
type Handler func(m *nats.Msg) error

// Server looks up who handles a message.
type Server struct {
	conn   *nats.Conn
	routes map[string]Handler
}

// New makes a server of routes.
func New(conn *nats.Conn, routes map[string]Handler) *Server {
	return &Server{conn: conn, routes: routes}
}

// Start subscribes.
func (s *Server) Start() error {
	_, err := s.conn.QueueSubscribe("rpc", "workers", s.handle)
	return err
}

func (s *Server) handle(m *nats.Msg) {
	route, ok := s.routes[m.Header.Get("Handler")]
	if !ok {
		log.Print("no such handler")
		return
	}
	if err := route(m); err != nil {
		log.Print(err)
	}
}
