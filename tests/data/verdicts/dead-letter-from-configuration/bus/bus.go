package bus

import "github.com/dapr/go-sdk/service/common"

type Options struct {
	Topic      string
	DeadLetter string
}

func Subscribe(s common.Service, o Options, handler common.TopicEventHandler) error {
	return s.AddTopicEventHandler(&common.Subscription{
		PubsubName:      "bus",
		Topic:           o.Topic,
		DeadLetterTopic: o.DeadLetter,
	}, handler)
}
