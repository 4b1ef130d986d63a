package main

import (
	"context"
	"encoding/json"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-http/v2/pkg/http"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"
)

type order struct {
	ID string `json:"id"`
}

// A second delivery sends the parcel a second time.
func ship(msg *message.Message) ([]*message.Message, error) {
	var o order
	if err := json.Unmarshal(msg.Payload, &o); err != nil {
		return nil, err
	}
	return message.Messages{message.NewMessage(watermill.NewUUID(), []byte(o.ID))}, nil
}

// A second delivery posts a second note.
func note(msg *message.Message) ([]*message.Message, error) {
	return []*message.Message{msg}, nil
}

// What gives nothing back sends nothing.
func look(msg *message.Message) ([]*message.Message, error) {
	var o order
	if err := json.Unmarshal(msg.Payload, &o); err != nil {
		return nil, err
	}
	return nil, nil
}

func main() {
	router, _ := message.NewRouter(message.RouterConfig{}, watermill.NopLogger{})
	sub, _ := kafka.NewSubscriber(kafka.SubscriberConfig{}, watermill.NopLogger{})
	pub, _ := kafka.NewPublisher(kafka.PublisherConfig{}, watermill.NopLogger{})
	hook, _ := http.NewSubscriber(":80", http.SubscriberConfig{}, watermill.NopLogger{})
	post, _ := http.NewPublisher(http.PublisherConfig{}, watermill.NopLogger{})
	router.AddHandler("ship", "orders.paid", sub, "parcels.made", pub, ship)
	router.AddHandler("note", "parcels.made", sub, "http://notes/api", post, note)
	router.AddHandler("look", "parcels.lost", sub, "parcels.found", pub, look)
	// A webhook is no broker.
	router.AddHandler("hook", "/", hook, "orders.paid", pub, ship)
	_ = router.Run(context.Background())
}
