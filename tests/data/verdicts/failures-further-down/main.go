// Failures that a function further down lets pass, a check whose failure keeps everything else from
// running, and a logger's handler, which handles no task.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"
	"example.com/elsewhere/tasks"
)

type order struct{ ID, Kind string }

func (o order) Validate() error {
	if o.ID == "" {
		return errors.New("no id")
	}
	return nil
}

type app struct {
	db  *sql.DB
	log *slog.Logger
}

func main() {
	a := &app{log: slog.Default()}
	mux := asynq.NewServeMux()
	mux.Use(a.told)
	mux.HandleFunc("orders:kept", a.kept)
	mux.HandleFunc("orders:passed", a.passed)
	mux.HandleFunc("orders:valid", a.valid)
	mux.HandleFunc("orders:elsewhere", tasks.Handle)
	_ = asynq.NewServer(asynq.RedisClientOpt{}, asynq.Config{}).Run(mux)
}

func (a *app) told(next asynq.Handler) asynq.Handler {
	return asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		if err := next.ProcessTask(ctx, t); err != nil {
			_ = a.log.Handler().Handle(ctx, slog.NewRecord(time.Now(), slog.LevelError, err.Error(), 0))
			return err
		}
		return nil
	})
}

// Each function gives on what fails.
func (a *app) kept(ctx context.Context, t *asynq.Task) error {
	var o order
	if err := json.Unmarshal(t.Payload(), &o); err != nil {
		return err
	}
	return a.place(ctx, o)
}

func (a *app) place(ctx context.Context, o order) error { return a.store(ctx, o) }

func (a *app) store(ctx context.Context, o order) error { return a.insert(ctx, o) }

func (a *app) insert(ctx context.Context, o order) error {
	_, err := a.db.ExecContext(ctx, "INSERT INTO orders (id) VALUES (gen_random_uuid())")
	return err
}

// The function that stores one after the other goes on from what fails.
func (a *app) passed(ctx context.Context, t *asynq.Task) error {
	var orders []order
	if err := json.Unmarshal(t.Payload(), &orders); err != nil {
		return err
	}
	return a.placeAll(ctx, orders)
}

func (a *app) placeAll(ctx context.Context, orders []order) error { return a.storeAll(ctx, orders) }

func (a *app) storeAll(ctx context.Context, orders []order) error {
	for _, o := range orders {
		if err := a.insert(ctx, o); err != nil {
			a.log.Error("not stored", "err", err)
		}
	}
	return nil
}

// Nothing is done with an order that is not valid.
func (a *app) valid(ctx context.Context, t *asynq.Task) error {
	var o order
	if err := json.Unmarshal(t.Payload(), &o); err != nil {
		return err
	}
	if err := o.Validate(); err != nil {
		a.log.Error("not valid", "err", err)
	} else {
		return a.place(ctx, o)
	}
	return nil
}
