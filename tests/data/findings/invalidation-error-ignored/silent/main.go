package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"log"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
)

type product struct{ ID, Name string }

type catalog struct {
	db  *sql.DB
	rdb *redis.Client
}

func (c *catalog) get(ctx context.Context, id string) (product, error) {
	var p product
	if text, err := c.rdb.Get(ctx, "product:cache:"+id).Result(); err == nil {
		return p, json.Unmarshal([]byte(text), &p)
	}
	if err := c.db.QueryRowContext(ctx, "SELECT id, name FROM products WHERE id = $1", id).Scan(&p.ID, &p.Name); err != nil {
		return p, err
	}
	text, _ := json.Marshal(p)
	return p, c.rdb.Set(ctx, "product:cache:"+id, text, time.Hour).Err()
}

// Whoever renames learns that the old name is still served.
func (c *catalog) rename(ctx context.Context, id, name string) error {
	if _, err := c.db.ExecContext(ctx, "UPDATE products SET name = $1 WHERE id = $2", name, id); err != nil {
		return err
	}
	return c.forget(ctx, id)
}

func (c *catalog) retire(ctx context.Context, id string) error {
	if _, err := c.db.ExecContext(ctx, "UPDATE products SET retired = true WHERE id = $1", id); err != nil {
		return err
	}
	if err := c.rdb.Del(ctx, "product:cache:"+id).Err(); err != nil {
		log.Printf("forget %s: %v", id, err)
		return err
	}
	return nil
}

func (c *catalog) forget(ctx context.Context, id string) error {
	if err := c.rdb.Del(ctx, "product:cache:"+id).Err(); err != nil {
		return err
	}
	return nil
}

func main() {
	c := &catalog{}
	http.HandleFunc("/products/rename", func(w http.ResponseWriter, r *http.Request) {
		if err := c.rename(r.Context(), r.FormValue("id"), r.FormValue("name")); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	})
	http.HandleFunc("/products/retire", func(w http.ResponseWriter, r *http.Request) {
		if err := c.retire(r.Context(), r.FormValue("id")); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	})
	http.HandleFunc("/products", func(w http.ResponseWriter, r *http.Request) {
		p, _ := c.get(r.Context(), r.FormValue("id"))
		_ = json.NewEncoder(w).Encode(p)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
