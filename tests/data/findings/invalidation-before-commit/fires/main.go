package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"log"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
	"gorm.io/gorm"
)

type product struct{ ID, Name string }

type catalog struct {
	db  *sql.DB
	orm *gorm.DB
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

// A reader between the two stores the old name again.
func (c *catalog) rename(ctx context.Context, id, name string) error {
	if err := c.rdb.Del(ctx, "product:cache:"+id).Err(); err != nil { // want
		return err
	}
	return c.save(ctx, id, name)
}

func (c *catalog) save(ctx context.Context, id, name string) error {
	_, err := c.db.ExecContext(ctx, "UPDATE products SET name = $1 WHERE id = $2", name, id)
	return err
}

// The transaction is committed when the function ends, after the removal.
func (c *catalog) retire(ctx context.Context, id string) error {
	return c.orm.Transaction(func(tx *gorm.DB) error {
		if err := tx.Model(&product{}).Where("id = ?", id).Update("name", "").Error; err != nil {
			return err
		}
		return c.rdb.Del(ctx, "product:cache:"+id).Err() // want
	})
}

func main() {
	c := &catalog{}
	http.HandleFunc("/products/rename", func(w http.ResponseWriter, r *http.Request) {
		if err := c.rename(r.Context(), r.FormValue("id"), r.FormValue("name")); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	http.HandleFunc("/products/retire", func(w http.ResponseWriter, r *http.Request) {
		if err := c.retire(r.Context(), r.FormValue("id")); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	http.HandleFunc("/products", func(w http.ResponseWriter, r *http.Request) {
		p, _ := c.get(r.Context(), r.FormValue("id"))
		_ = json.NewEncoder(w).Encode(p)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
