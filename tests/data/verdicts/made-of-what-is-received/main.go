// A reader that is made of the subscription runs in a group. What the first fails with is refused and then
// acknowledged all the same; the second ends its round.
package main

import (
	"context"
	"encoding/json"

	"github.com/EventStore/EventStore-Client-Go/esdb"
	"github.com/olivere/elastic/v7"
	"golang.org/x/sync/errgroup"
)

type order struct {
	ID    string
	Total int
}

type worker func(ctx context.Context, stream *esdb.PersistentSubscription, n int) error

type projection struct {
	db     *esdb.Client
	search *elastic.Client
}

func main() {
	search, _ := elastic.NewClient()
	client, _ := esdb.NewClient(nil)
	p := &projection{db: client, search: search}
	group, ctx := errgroup.WithContext(context.Background())
	group.Go(func() error { return p.subscribe(ctx, "orders-loose", p.loose) })
	group.Go(func() error { return p.subscribe(ctx, "orders-strict", p.strict) })
	_ = group.Wait()
}

func (p *projection) subscribe(ctx context.Context, stream string, work worker) error {
	sub, err := p.db.ConnectToPersistentSubscription(ctx, stream, "search", esdb.ConnectToPersistentSubscriptionOptions{})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for i := 0; i < 4; i++ {
		group.Go(p.reader(ctx, work, sub, i))
	}
	return group.Wait()
}

func (p *projection) reader(ctx context.Context, work worker, sub *esdb.PersistentSubscription, n int) func() error {
	return func() error { return work(ctx, sub, n) }
}

func (p *projection) loose(ctx context.Context, sub *esdb.PersistentSubscription, n int) error {
	for {
		event := sub.Recv()
		if event.EventAppeared != nil {
			if err := p.index(ctx, event.EventAppeared.Event.Data); err != nil {
				if err := sub.Nack(err.Error(), esdb.Nack_Retry, event.EventAppeared); err != nil {
					return err
				}
			}
			if err := sub.Ack(event.EventAppeared); err != nil {
				return err
			}
		}
	}
}

func (p *projection) strict(ctx context.Context, sub *esdb.PersistentSubscription, n int) error {
	for {
		event := sub.Recv()
		if event.EventAppeared != nil {
			if err := p.index(ctx, event.EventAppeared.Event.Data); err != nil {
				if err := sub.Nack(err.Error(), esdb.Nack_Retry, event.EventAppeared); err != nil {
					return err
				}
				continue
			}
			if err := sub.Ack(event.EventAppeared); err != nil {
				return err
			}
		}
	}
}

func (p *projection) index(ctx context.Context, data []byte) error {
	var o order
	if err := json.Unmarshal(data, &o); err != nil {
		return err
	}
	_, err := p.search.Index().Index("orders").BodyJson(o).Id(o.ID).Do(ctx)
	return err
}
