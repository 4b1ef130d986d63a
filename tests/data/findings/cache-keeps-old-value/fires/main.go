package main

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/redis/go-redis/v9"
)

type table struct{ db *sql.DB }

func (t *table) update(ctx context.Context, sku, price string) error {
	_, err := t.db.ExecContext(ctx, "UPDATE prices SET price = $2 WHERE sku = $1", sku, price)
	return err
}

func (t *table) remove(ctx context.Context, sku string) error {
	_, err := t.db.ExecContext(ctx, "DELETE FROM prices WHERE sku = $1", sku)
	return err
}

type cache struct{ rdb *redis.Client }

// A second value of a key is left out: the first is kept.
func (c *cache) put(ctx context.Context, sku, price string) error {
	return c.rdb.HSetNX(ctx, "prices", sku, price).Err() // want
}

func (c *cache) get(ctx context.Context, sku string) (string, error) {
	return c.rdb.HGet(ctx, "prices", sku).Result()
}

func (c *cache) drop(ctx context.Context, sku string) error {
	return c.rdb.HDel(ctx, "prices", sku).Err()
}

type prices struct {
	table *table
	cache *cache
}

func (p *prices) change(ctx context.Context, sku, price string) error {
	if err := p.table.update(ctx, sku, price); err != nil {
		return err
	}
	return p.cache.put(ctx, sku, price)
}

func (p *prices) end(ctx context.Context, sku string) error {
	if err := p.table.remove(ctx, sku); err != nil {
		return err
	}
	return p.cache.drop(ctx, sku)
}

func main() {
	db, _ := sql.Open("postgres", "")
	p := &prices{table: &table{db: db}, cache: &cache{rdb: redis.NewClient(&redis.Options{})}}
	http.HandleFunc("/price", func(w http.ResponseWriter, r *http.Request) {
		price, _ := p.cache.get(r.Context(), r.URL.Query().Get("sku"))
		_, _ = w.Write([]byte(price))
	})
	http.HandleFunc("/change", func(w http.ResponseWriter, r *http.Request) {
		_ = p.change(r.Context(), r.URL.Query().Get("sku"), r.FormValue("price"))
	})
	http.HandleFunc("/end", func(w http.ResponseWriter, r *http.Request) {
		_ = p.end(r.Context(), r.URL.Query().Get("sku"))
	})
	_ = http.ListenAndServe(":8080", nil)
}
