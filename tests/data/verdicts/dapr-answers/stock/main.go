package main

import (
	"context"
	"database/sql"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/http"
)

var db *sql.DB

func handle(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	_, err = db.ExecContext(ctx, "INSERT INTO seen (id) VALUES (gen_random_uuid())")
	return true, err
}

func main() {
	s := daprd.NewService(":8080")
	s.AddTopicEventHandler(&common.Subscription{
		PubsubName: "stock", Topic: "stock.counted", Route: "/in", DeadLetterTopic: "stock.counted.dlq",
	}, handle)
	s.Start()
}
