package main

import (
	"context"
	"log"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
)

const parked = "deadLetterTopic"

type handler = func(ctx context.Context, e *common.TopicEvent) (retry bool, err error)

// One starts a map and another puts the dead letter into it.
func subscribe(s common.Service, topic string, given map[string]string, fn handler) error {
	metadata := make(map[string]string, len(given)+1)
	return parking(s, topic, given, metadata, fn)
}

func parking(s common.Service, topic string, given, metadata map[string]string, fn handler) error {
	for k, v := range given {
		metadata[k] = v
	}
	if metadata[parked] == "" {
		metadata[parked] = topic + ".dlq"
	}
	return add(s, topic, metadata, fn)
}

func add(s common.Service, topic string, metadata map[string]string, fn handler) error {
	return s.AddTopicEventHandler(&common.Subscription{
		PubsubName:      "pubsub",
		Topic:           topic,
		DeadLetterTopic: metadata[parked],
	}, fn)
}

func main() {
	s, err := daprd.NewService(":50001")
	if err != nil {
		log.Fatal(err)
	}
	show := func(ctx context.Context, e *common.TopicEvent) (bool, error) {
		log.Println(e.ID)
		return false, nil
	}
	if err := subscribe(s, "orders.paid", nil, show); err != nil {
		log.Fatal(err)
	}
	if err := subscribe(s, "orders.sent", map[string]string{parked: "orders.parked"}, show); err != nil {
		log.Fatal(err)
	}
	log.Fatal(s.Start())
}
