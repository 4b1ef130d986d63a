// Command jobs is handed messages that its libraries have decoded: jobs of a type, a job that brings
// nothing, and a message of an interface definition.
package main

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river"
	micro "go-micro.dev/v4"

	"example.com/jobs/proto"
)

type MailArgs struct {
	To string
}

func (MailArgs) Kind() string { return "mail" }

type MailWorker struct {
	river.WorkerDefaults[MailArgs]
	db *sql.DB
}

func (w *MailWorker) Work(ctx context.Context, job *river.Job[MailArgs]) error {
	_, err := w.db.ExecContext(ctx, "INSERT INTO mails (receiver) VALUES ($1)", job.Args.To)
	return err
}

type SweepArgs struct{}

func (SweepArgs) Kind() string { return "sweep" }

type SweepWorker struct {
	river.WorkerDefaults[SweepArgs]
	db *sql.DB
}

func (w *SweepWorker) Work(ctx context.Context, job *river.Job[SweepArgs]) error {
	_, err := w.db.ExecContext(ctx, "DELETE FROM mails WHERE sent")
	return err
}

func main() {
	db, err := sql.Open("pgx", "")
	if err != nil {
		panic(err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &MailWorker{db: db})
	river.AddWorker(workers, &SweepWorker{db: db})
	client, err := river.NewClient(nil, &river.Config{Workers: workers, Queues: map[string]river.QueueConfig{"default": {}}})
	if err != nil {
		panic(err)
	}
	if err := client.Start(context.Background()); err != nil {
		panic(err)
	}
	service := micro.NewService()
	micro.RegisterSubscriber("order.paid", service.Server(), func(ctx context.Context, paid *proto.Paid) error {
		_, err := db.ExecContext(ctx, "UPDATE orders SET paid = true WHERE id = $1", paid.Id)
		return err
	})
	service.Run()
}
