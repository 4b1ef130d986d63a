package main

import (
	"context"
	"database/sql"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
)

type prices struct {
	db  *sql.DB
	rdb *redis.Client
}

func (p *prices) get(ctx context.Context, sku string) (string, error) {
	if price, err := p.rdb.Get(ctx, "prices").Result(); err == nil {
		return price, nil
	}
	var price string
	if err := p.db.QueryRowContext(ctx, "SELECT price FROM prices WHERE sku = $1", sku).Scan(&price); err != nil {
		return "", err
	}
	return price, p.rdb.Set(ctx, "prices", price, time.Minute).Err()
}

func (p *prices) change(ctx context.Context, sku, price string) error {
	_, err := p.db.ExecContext(ctx, "UPDATE prices SET price = $2 WHERE sku = $1", sku, price)
	if err == nil {
		err = p.rdb.Del(ctx, "prices").Err()
	}
	return err
}

func main() {
	db, _ := sql.Open("postgres", "")
	p := &prices{db: db, rdb: redis.NewClient(&redis.Options{})}
	http.HandleFunc("/price", func(w http.ResponseWriter, r *http.Request) {
		price, _ := p.get(r.Context(), r.URL.Query().Get("sku"))
		_, _ = w.Write([]byte(price))
	})
	http.HandleFunc("/change", func(w http.ResponseWriter, r *http.Request) {
		_ = p.change(r.Context(), r.URL.Query().Get("sku"), r.FormValue("price"))
	})
	_ = http.ListenAndServe(":8080", nil)
	time.Sleep(time.Second)
}
