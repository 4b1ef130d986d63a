// Package feed reads the store for whoever projects it.
package feed

import (
	"context"
	"encoding/json"
	"log"
	"time"

	"github.com/EventStore/EventStore-Client-Go/esdb"
)

type Event struct {
	ID    string `json:"id"`
	Total int    `json:"total"`
}

type Projection interface {
	Project(ctx context.Context, event Event) error
}

type Reader struct {
	db         *esdb.Client
	projection Projection
}

func New(db *esdb.Client, projection Projection) *Reader {
	return &Reader{db: db, projection: projection}
}

// Run ends with the first event that cannot be projected.
func (r *Reader) Run(ctx context.Context) error {
	stream, err := r.db.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{})
	if err != nil {
		return err
	}
	for {
		got := stream.Recv()
		if got.EventAppeared == nil {
			continue
		}
		if err := r.one(ctx, got.EventAppeared); err != nil {
			return err
		}
	}
}

func (r *Reader) one(ctx context.Context, resolved *esdb.ResolvedEvent) error {
	var event Event
	if err := json.Unmarshal(resolved.Event.Data, &event); err != nil {
		return err
	}
	return r.projection.Project(ctx, event)
}

// Keep goes on with the next event.
func (r *Reader) Keep(ctx context.Context) {
	for {
		if err := r.Stream(ctx); err != nil {
			log.Print(err)
			time.Sleep(time.Second)
		}
	}
}

// Stream ends with the first event that cannot be projected, and is started again.
func (r *Reader) Stream(ctx context.Context) error {
	stream, err := r.db.SubscribeToStream(ctx, "orders", esdb.SubscribeToStreamOptions{})
	if err != nil {
		return err
	}
	for {
		got := stream.Recv()
		if got.EventAppeared == nil {
			continue
		}
		if err := r.one(ctx, got.EventAppeared); err != nil {
			return err
		}
	}
}
