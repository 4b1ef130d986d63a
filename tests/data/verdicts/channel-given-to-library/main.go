// Command router has the library send into channels that it keeps in fields: whoever receives from
// those handles the messages, not the function that subscribes.
package main

import (
	"database/sql"
	"log"

	"github.com/nats-io/nats.go"
)

type router struct {
	asked  chan *nats.Msg
	events chan *nats.Msg
	quit   chan struct{}
	db     *sql.DB
}

func (r *router) setup(nc *nats.Conn) error {
	asked := make(chan *nats.Msg)
	if _, err := nc.ChanSubscribe("router.config", asked); err != nil {
		return err
	}
	r.asked = asked
	r.events = make(chan *nats.Msg)
	_, err := nc.ChanSubscribe("router.events", r.events)
	return err
}

func (r *router) listen() {
	for {
		select {
		case <-r.quit:
			return
		case m := <-r.asked:
			_ = m.Respond([]byte("{}"))
		case m := <-r.events:
			r.save(m.Data)
		}
	}
}

func (r *router) save(data []byte) {
	if _, err := r.db.Exec("INSERT INTO events (body) VALUES ($1)", data); err != nil {
		log.Print(err)
	}
}

func (r *router) close() {
	close(r.quit)
	close(r.events)
}

func main() {
	nc, err := nats.Connect(nats.DefaultURL)
	if err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("postgres", "")
	if err != nil {
		log.Fatal(err)
	}
	r := &router{db: db, quit: make(chan struct{})}
	defer r.close()
	if err := r.setup(nc); err != nil {
		log.Fatal(err)
	}
	r.listen()
}
