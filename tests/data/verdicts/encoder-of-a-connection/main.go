// Command orders has its connection decode the messages by their definition, which lies in another
// repository.
package main

import (
	"database/sql"
	"log"

	"example.org/genproto/order"
	"github.com/nats-io/go-nats"
	"github.com/nats-io/go-nats/encoders/protobuf"
)

type subscriber struct {
	conn *nats.EncodedConn
	db   *sql.DB
}

func (s *subscriber) start() error {
	_, err := s.conn.Subscribe("orders.created", func(o *order.Order) {
		if _, err := s.db.Exec("INSERT INTO orders (id) VALUES ($1)", o.Id); err != nil {
			log.Print(err)
		}
	})
	return err
}

func main() {
	nc, err := nats.Connect(nats.DefaultURL)
	if err != nil {
		log.Fatal(err)
	}
	conn, err := nats.NewEncodedConn(nc, protobuf.PROTOBUF_ENCODER)
	if err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("postgres", "")
	if err != nil {
		log.Fatal(err)
	}
	if err := (&subscriber{conn: conn, db: db}).start(); err != nil {
		log.Fatal(err)
	}
	select {}
}
