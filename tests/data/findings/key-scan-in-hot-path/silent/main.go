package main

import (
	"context"
	"net/http"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
	"github.com/redis/go-redis/v9"
)

type prices struct{ rdb *redis.Client }

// The keys of a product are kept in a set.
func (p *prices) onChanged(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	keys, err := p.rdb.SMembers(ctx, "prices:of:"+e.ID).Result()
	if err != nil {
		return true, err
	}
	return false, p.rdb.Del(ctx, keys...).Err()
}

// A person asks for it, now and then.
func (p *prices) invalidateAll(ctx context.Context) error {
	iter := p.rdb.Scan(ctx, 0, "prices:cache:*", 100).Iterator()
	for iter.Next(ctx) {
		if err := p.rdb.Del(ctx, iter.Val()).Err(); err != nil {
			return err
		}
	}
	return iter.Err()
}

func main() {
	p := &prices{}
	http.HandleFunc("/admin/flush", func(w http.ResponseWriter, r *http.Request) {
		if err := p.invalidateAll(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "price.changed"}, p.onChanged)
	_ = service.Start()
}
