// Work that a callback sends into a channel is done by whoever receives it: a worker that was given the
// channel, or a loop that knows it by another field. What nobody in the tree receives stays open.
package main

import (
	"database/sql"
	"encoding/json"
	"log"

	"github.com/nats-io/nats.go"
)

type order struct {
	ID    string
	Total int
}

type server struct {
	db    *sql.DB
	bills chan order
	lost  chan order
}

type biller struct {
	db   *sql.DB
	from chan order
}

func main() {
	nc, _ := nats.Connect("")
	db, _ := sql.Open("postgres", "")
	s := &server{db: db, bills: make(chan order), lost: make(chan order)}
	jobs := make(chan *nats.Msg, 16)
	for i := 0; i < 4; i++ {
		go s.worker(jobs)
	}
	_, _ = nc.Subscribe("orders.placed", func(msg *nats.Msg) {
		jobs <- msg
	})
	go newBiller(db, s.bills).run()
	_, _ = nc.Subscribe("orders.billed", s.bill)
	_, _ = nc.Subscribe("orders.lost", s.lose)
	select {}
}

func (s *server) worker(jobs <-chan *nats.Msg) {
	for {
		select {
		case msg := <-jobs:
			var o order
			if err := json.Unmarshal(msg.Data, &o); err != nil {
				log.Println(err)
				continue
			}
			if _, err := s.db.Exec("INSERT INTO orders (total) VALUES ($1)", o.Total); err != nil {
				log.Println(err)
			}
		}
	}
}

func (s *server) bill(msg *nats.Msg) {
	var o order
	if err := json.Unmarshal(msg.Data, &o); err != nil || o.ID == "" {
		return
	}
	s.bills <- o
}

func (s *server) lose(msg *nats.Msg) {
	var o order
	if err := json.Unmarshal(msg.Data, &o); err != nil {
		return
	}
	s.lost <- o
}

func newBiller(db *sql.DB, from chan order) *biller { return &biller{db: db, from: from} }

func (b *biller) run() {
	for o := range b.from {
		if _, err := b.db.Exec("UPDATE orders SET billed = true WHERE id = $1", o.ID); err != nil {
			log.Println(err)
		}
	}
}
