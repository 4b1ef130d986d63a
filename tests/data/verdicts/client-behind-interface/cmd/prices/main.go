// A struct that embeds a library's client has its methods; an interface is filled with it.
package main

import "github.com/nats-io/nats.go"

type sender interface {
	Publish(subject string, body []byte) error
}

type traced struct {
	*nats.Conn
	name string
}

func main() {
	conn, err := nats.Connect(nats.DefaultURL)
	if err != nil {
		panic(err)
	}
	tell(traced{conn, "prices"})
}

func tell(to sender) { _ = to.Publish("price.changed", nil) }
