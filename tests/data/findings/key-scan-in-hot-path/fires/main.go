package main

import (
	"context"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
	"github.com/redis/go-redis/v9"
)

type prices struct{ rdb *redis.Client }

func (p *prices) onChanged(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	return false, p.invalidateAll(ctx)
}

// Every message walks the keys of the whole database.
func (p *prices) invalidateAll(ctx context.Context) error {
	iter := p.rdb.Scan(ctx, 0, "prices:cache:*", 100).Iterator() // want
	for iter.Next(ctx) {
		if err := p.rdb.Del(ctx, iter.Val()).Err(); err != nil {
			return err
		}
	}
	return iter.Err()
}

func main() {
	p := &prices{}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "price.changed"}, p.onChanged)
	_ = service.Start()
}
