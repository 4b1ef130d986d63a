// Command rotations runs its statements on an interface that a transaction is put behind, in a closure
// that is given to a helper: what the statements say is known, whoever runs them.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/riverqueue/river"

	"example.com/rotations/store"
)

type lock struct{ db *sql.DB }

func (l *lock) withTx(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := run(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

type args struct{ RotationID string }

func (args) Kind() string { return "rotation-end" }

type worker struct {
	river.WorkerDefaults[args]
	lock *lock
}

func (w *worker) Work(ctx context.Context, j *river.Job[args]) error {
	return w.lock.withTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		q := store.New(tx)
		at, err := q.Position(ctx, j.Args.RotationID)
		if err != nil {
			return fmt.Errorf("look it up: %w", err)
		}
		if at == 0 {
			return nil
		}
		return q.End(ctx, j.Args.RotationID)
	})
}

func main() {
	db, err := sql.Open("postgres", "")
	if err != nil {
		log.Fatal(err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{lock: &lock{db: db}})
	client, err := river.NewClient(nil, &river.Config{Workers: workers, Queues: map[string]river.QueueConfig{"default": {}}})
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Start(context.Background()); err != nil {
		log.Fatal(err)
	}
	select {}
}
