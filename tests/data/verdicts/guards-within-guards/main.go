// A claim of the message's id guards what stands within a look at something that never changes, and
// its answer has three values. Two handlers hear over HTTP, which says by its status what failed.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
)

type progress string

const (
	begun  progress = "begun"
	within progress = "within"
	done   progress = "done"
)

type claims struct{ rdb *redis.Client }

func (c *claims) begin(ctx context.Context, id string) (progress, error) {
	claimed, err := c.rdb.SetNX(ctx, "idempotency:"+id, string(within), 24*time.Hour).Result()
	if err != nil {
		return "", err
	}
	if claimed {
		return begun, nil
	}
	value, err := c.rdb.Get(ctx, "idempotency:"+id).Result()
	return progress(value), err
}

func (c *claims) finish(ctx context.Context, id string) error {
	return c.rdb.Set(ctx, "idempotency:"+id, string(done), 14*24*time.Hour).Err()
}

type payment struct {
	ID, Account string
	Amount      int
}

type hooks struct {
	db     *sql.DB
	claims *claims
}

// onPayment asks how far the message was handled, and within that for what the account is.
func (h *hooks) onPayment(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	var p payment
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		http.Error(w, "no payment", http.StatusBadRequest)
		return
	}
	how, err := h.claims.begin(ctx, p.ID)
	if err != nil {
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	switch how {
	case done:
		w.WriteHeader(http.StatusOK)
		return
	case within:
		http.Error(w, "under way", http.StatusConflict)
		return
	}
	var plan string
	if err := h.db.QueryRowContext(ctx, "SELECT plan FROM accounts WHERE id = $1", p.Account).Scan(&plan); err != nil {
		http.Error(w, "try again", 500)
		return
	}
	if plan == "free" {
		return
	}
	if _, err := h.db.ExecContext(ctx, "UPDATE accounts SET credit = credit + $2 WHERE id = $1", p.Account, p.Amount); err != nil {
		http.Error(w, "try again", 500)
		return
	}
	if err := h.claims.finish(ctx, p.ID); err != nil {
		http.Error(w, "try again", 500)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// onRefund answers that all is well when it could not ask.
func (h *hooks) onRefund(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	var p payment
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		http.Error(w, "no payment", http.StatusBadRequest)
		return
	}
	how, err := h.claims.begin(ctx, p.ID)
	if err != nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	if how == done {
		return
	}
	if _, err := h.db.ExecContext(ctx, "UPDATE accounts SET credit = credit - $2 WHERE id = $1", p.Account, p.Amount); err != nil {
		http.Error(w, "try again", 500)
		return
	}
	h.claims.finish(ctx, p.ID)
}

func main() {
	db, _ := sql.Open("pgx", "")
	h := &hooks{db: db, claims: &claims{rdb: redis.NewClient(&redis.Options{})}}
	http.HandleFunc("/webhooks/payments", h.onPayment)
	http.HandleFunc("/webhooks/refunds", h.onRefund)
	http.ListenAndServe(":8080", nil)
}
