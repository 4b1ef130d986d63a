// Two claims in Redis. The one that is given up when the function ends, whatever became of the
// message, is a lock; the one that is given up only after a failure is a record of the message.
package main

import (
	"context"
	"database/sql"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/redis/go-redis/v9"
)

type worker struct {
	rdb *redis.Client
	db  *sql.DB
}

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	w := &worker{rdb: redis.NewClient(&redis.Options{})}
	_, _ = nc.Subscribe("orders.locked", w.locked)
	_, _ = nc.Subscribe("orders.claimed", w.claimed)
	select {}
}

func (w *worker) acquire(ctx context.Context, key string) bool {
	return w.rdb.SetNX(ctx, key, "1", time.Hour).Val()
}

func (w *worker) release(ctx context.Context, key string) { w.rdb.Del(ctx, key) }

func (w *worker) locked(m *nats.Msg) {
	ctx := context.Background()
	key := m.Header.Get("id")
	if !w.acquire(ctx, key) {
		return
	}
	defer func() { w.release(context.Background(), key) }()
	_, _ = w.db.ExecContext(ctx, "INSERT INTO mails (body) VALUES ($1)", string(m.Data))
}

func (w *worker) claimed(m *nats.Msg) {
	ctx := context.Background()
	key := m.Header.Get("id")
	if !w.acquire(ctx, key) {
		return
	}
	if _, err := w.db.ExecContext(ctx, "INSERT INTO mails (body) VALUES ($1)", string(m.Data)); err != nil {
		w.release(ctx, key)
	}
}
