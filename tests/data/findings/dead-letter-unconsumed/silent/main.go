package main

import (
	"context"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
	amqp "github.com/rabbitmq/amqp091-go"
)

type shop struct{}

func (s *shop) onOrder(ctx context.Context, e *common.TopicEvent) (retry bool, err error) { return false, nil }

func (s *shop) onFailed(ctx context.Context, e *common.TopicEvent) (retry bool, err error) { return false, nil }

// All that fails is read. Of the queue that a broker keeps, nobody reads any: people look at it.
func main() {
	s := &shop{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid", DeadLetterTopic: "order.paid.dlq"}, s.onOrder)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.refunded", DeadLetterTopic: "order.refunded.dlq"}, s.onOrder)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid.dlq"}, s.onFailed)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.refunded.dlq"}, s.onFailed)
	conn, _ := amqp.Dial("")
	ch, _ := conn.Channel()
	_, _ = ch.QueueDeclare("mail", true, false, false, false, amqp.Table{"x-dead-letter-exchange": "mail.dlx"})
	mails, _ := ch.Consume("mail", "", false, false, false, false, nil)
	go func() {
		for m := range mails {
			_ = m.Nack(false, false)
		}
	}()
	_ = service.Start()
}
