// Nothing is seen to fill this interface: its declaration speaks of the library's types.
package main

import (
	"context"
	"plugin"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

type Stream interface {
	PublishMsg(ctx context.Context, m *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error)
}

// Board has a method of the same name that speaks of no library.
type Board interface {
	PublishMsg(subject string) error
}

func main() {
	p, err := plugin.Open("stream.so")
	if err != nil {
		panic(err)
	}
	stream, _ := p.Lookup("Stream")
	board, _ := p.Lookup("Board")
	send(stream.(Stream), board.(Board))
}

func send(stream Stream, board Board) {
	_, _ = stream.PublishMsg(context.Background(), &nats.Msg{Subject: "stock.changed"})
	_ = board.PublishMsg("board.news")
}
