package main

import (
	"context"
	"encoding/json"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"
)

type order struct{ ID string }

// What a channel of the process gives comes from no broker.
func main() {
	logger := watermill.NopLogger{}
	router, _ := message.NewRouter(message.RouterConfig{}, logger)
	inside := gochannel.NewGoChannel(gochannel.Config{}, logger)
	outside, _ := kafka.NewSubscriber(kafka.SubscriberConfig{}, logger)
	router.AddNoPublisherHandler("inside", "orders.inside", inside, handle)
	router.AddNoPublisherHandler("outside", "orders.outside", outside, handle)
	_ = router.Run(context.Background())
}

func handle(m *message.Message) error {
	var o order
	return json.Unmarshal(m.Payload, &o)
}
