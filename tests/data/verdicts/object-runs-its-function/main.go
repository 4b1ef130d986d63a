// Command flows fetches in the function that starts a worker; what it fetches goes to an object, which
// runs the function that it was made with: that one handles the messages.
package main

import (
	"context"
	"database/sql"
	"log"

	"github.com/twmb/franz-go/pkg/kgo"
)

type receive func(ctx context.Context, data []byte) error

type builder func(index int) (receive, func())

type input struct {
	client *kgo.Client
	build  builder
}

type consumer struct{ callback receive }

func (c *consumer) process(ctx context.Context, fetches kgo.Fetches) error {
	for _, record := range fetches.Records() {
		if err := c.callback(ctx, record.Value); err != nil {
			return err
		}
	}
	return nil
}

func (i *input) start(ctx context.Context) {
	callback, stop := i.build(0)
	defer stop()
	c := &consumer{callback: callback}
	for {
		fetches := i.client.PollFetches(ctx)
		if fetches.IsClientClosed() {
			return
		}
		if err := c.process(ctx, fetches); err != nil {
			log.Print(err)
		}
	}
}

type core struct{ db *sql.DB }

type worker struct{ c *core }

func (w *worker) store(ctx context.Context, data []byte) error {
	_, err := w.c.db.ExecContext(ctx, "INSERT INTO flows (data) VALUES ($1)", data)
	return err
}

func (w *worker) stop() {}

func (c *core) newWorker(index int) (receive, func()) {
	w := &worker{c: c}
	return w.store, w.stop
}

func main() {
	client, err := kgo.NewClient(kgo.ConsumeTopics("flows"), kgo.ConsumerGroup("core"))
	if err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("postgres", "")
	if err != nil {
		log.Fatal(err)
	}
	c := &core{db: db}
	(&input{client: client, build: c.newWorker}).start(context.Background())
}
