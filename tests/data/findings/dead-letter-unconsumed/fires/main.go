package main

import (
	"context"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
)

type shop struct{}

func (s *shop) onOrder(ctx context.Context, e *common.TopicEvent) (retry bool, err error) { return false, nil }

func (s *shop) onFailed(ctx context.Context, e *common.TopicEvent) (retry bool, err error) { return false, nil }

// Failed orders are read; failed refunds go to a topic of another name than the one that is read.
func main() {
	s := &shop{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid", DeadLetterTopic: "order.paid.dlq"}, s.onOrder)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.refunded", DeadLetterTopic: "order.refunded.dlq"}, s.onOrder) // want
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid.dlq"}, s.onFailed)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "orders.refunded.dlq"}, s.onFailed)
	_ = service.Start()
}
