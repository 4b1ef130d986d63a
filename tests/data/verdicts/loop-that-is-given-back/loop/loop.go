// Package loop makes receive loops: whoever calls what New gives back runs one, with the handler
// and the question that New was given.
package loop

import (
	"context"
	"log"

	"github.com/segmentio/kafka-go"
)

type (
	Handler   func(ctx context.Context, m kafka.Message) error
	Predicate func(ctx context.Context, m kafka.Message) bool
)

func New(r *kafka.Reader, wanted Predicate, handle Handler) func(ctx context.Context) {
	return func(ctx context.Context) {
		for {
			m, err := r.ReadMessage(ctx)
			if err != nil {
				return
			}
			if !wanted(ctx, m) {
				continue
			}
			if err := handle(ctx, m); err != nil {
				log.Println(err)
			}
		}
	}
}
