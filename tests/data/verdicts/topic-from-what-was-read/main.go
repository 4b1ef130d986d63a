// Command sync copies a stream that is named by what another server answers. Those who make such
// answers, and who write into one, register nothing.
package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

type Node struct {
	ID   string
	Name string
}

func main() {
	nc, err := nats.Connect(nats.DefaultURL)
	if err != nil {
		panic(err)
	}
	go serve(nc)
	if err := session(context.Background(), nc); err != nil {
		panic(err)
	}
}

func session(ctx context.Context, nc *nats.Conn) error {
	root, err := rootNode(nc)
	if err != nil {
		return err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	return pump(ctx, js, root.ID)
}

func rootNode(nc *nats.Conn) (Node, error) {
	answer, err := nc.Request("nodes.root", nil, 0)
	if err != nil {
		return Node{}, err
	}
	var nodes []Node
	if err := json.Unmarshal(answer.Data, &nodes); err != nil {
		return Node{}, err
	}
	return nodes[0], nil
}

// pump gives the options where another call of that name takes the stream.
func pump(ctx context.Context, js jetstream.JetStream, origin string) error {
	stream, err := js.Stream(ctx, fmt.Sprintf("inst_%v", origin))
	if err != nil {
		return err
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: "sync-" + origin})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	for {
		m, err := messages.Next()
		if err != nil {
			return err
		}
		if _, err := js.Publish(ctx, m.Subject(), m.Data()); err != nil {
			return err
		}
		m.Ack()
	}
}

func serve(nc *nats.Conn) {
	nc.Subscribe("nodes.root", func(m *nats.Msg) {
		made := node(m.Reply)
		rename(&made, m.Subject)
		answer, err := json.Marshal([]Node{made})
		if err != nil {
			return
		}
		m.Respond(answer)
	})
}

func node(id string) Node { return Node{ID: id} }

func rename(n *Node, id string) { n.ID = id }
