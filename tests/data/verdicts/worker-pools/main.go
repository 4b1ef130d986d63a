// Workers that read beside each other, and a pool that runs what it is handed.
package main

import (
	"context"
	"database/sql"

	"github.com/segmentio/kafka-go"
)

type pool struct {
	jobs chan func()
}

func newPool(size int) *pool {
	p := &pool{jobs: make(chan func(), size)}
	for i := 0; i < size; i++ {
		go p.work()
	}
	return p
}

func (p *pool) work() {
	for job := range p.jobs {
		job()
	}
}

func (p *pool) Submit(job func()) {
	p.jobs <- job
}

type store struct {
	db *sql.DB
}

func (s *store) count(ctx context.Context, m kafka.Message) error {
	_, err := s.db.ExecContext(ctx, "UPDATE totals SET spent = spent + $1 WHERE id = $2", m.Value, m.Key)
	return err
}

func (s *store) save(ctx context.Context, m kafka.Message) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO orders (id, body) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", string(m.Key), m.Value)
	return err
}

// worker is started several times on one reader.
func worker(ctx context.Context, reader *kafka.Reader, id int, handle func(context.Context, kafka.Message) error) {
	for {
		m, err := reader.FetchMessage(ctx)
		if err != nil {
			return
		}
		if err := handle(ctx, m); err != nil {
			continue
		}
		_ = reader.CommitMessages(ctx, m)
	}
}

func main() {
	ctx := context.Background()
	db, _ := sql.Open("postgres", "x")
	s := &store{db: db}
	payments := kafka.NewReader(kafka.ReaderConfig{Topic: "payments", GroupID: "totals"})
	for i := 0; i < 4; i++ {
		go worker(ctx, payments, i, s.count)
	}
	p := newPool(8)
	orders := kafka.NewReader(kafka.ReaderConfig{Topic: "orders", GroupID: "totals"})
	for {
		m, err := orders.ReadMessage(ctx)
		if err != nil {
			return
		}
		p.Submit(func() {
			_ = s.save(ctx, m)
		})
	}
}
