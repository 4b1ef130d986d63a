package main

import (
	"context"
	"database/sql"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"
)

type service struct {
	db  *sql.DB
	sub message.Subscriber
	pub message.Publisher
}

// The carrier comes from outside: of both, only the broker's is one.
func (s *service) listen(router *message.Router, topic string, sub message.Subscriber) {
	router.AddNoPublisherHandler(topic, topic, sub, s.save)
}

// The carrier is kept in a field that the constructor sets.
func (s *service) listenInside(router *message.Router) {
	router.AddNoPublisherHandler("inside", "rows.touched", s.sub, s.save)
}

func (s *service) save(msg *message.Message) error {
	_, err := s.db.Exec("INSERT INTO rows (body) VALUES (?)", string(msg.Payload))
	return err
}

func (s *service) tell(text string) error {
	return s.pub.Publish("rows.touched", message.NewMessage(watermill.NewUUID(), []byte(text)))
}

func main() {
	db, _ := sql.Open("mysql", "x")
	router, _ := message.NewRouter(message.RouterConfig{}, watermill.NopLogger{})
	inside := gochannel.NewGoChannel(gochannel.Config{}, watermill.NopLogger{})
	broker, _ := kafka.NewSubscriber(kafka.SubscriberConfig{}, watermill.NopLogger{})
	s := &service{db: db, sub: inside, pub: inside}
	s.listen(router, "rows.made", inside)
	s.listen(router, "orders.paid", broker)
	s.listenInside(router)
	_ = s.tell("x")
	_ = router.Run(context.Background())
}
