package main

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/segmentio/kafka-go"
)

type teller struct{ writer *kafka.Writer }

func newTeller(topic string) *teller {
	return &teller{writer: &kafka.Writer{Topic: topic}}
}

func (t *teller) Cleared(ctx context.Context, id string) {
	_ = t.send(ctx, "cleared", id)
}

func (t *teller) send(ctx context.Context, kind, id string) error {
	return t.writer.WriteMessages(ctx, kafka.Message{Key: []byte(kind), Value: []byte(id)})
}

type baskets struct {
	db     *sql.DB
	teller *teller
}

// Told beside the change, by a writer whose topic main gives.
func (b *baskets) Clear(ctx context.Context, id string) error {
	if _, err := b.db.ExecContext(ctx, "DELETE FROM baskets WHERE id = $1", id); err != nil {
		return err
	}
	b.teller.Cleared(ctx, id)
	return nil
}

func main() {
	db, _ := sql.Open("postgres", "")
	b := &baskets{db: db, teller: newTeller("basket.events")}
	http.HandleFunc("/clear", func(w http.ResponseWriter, req *http.Request) {
		_ = b.Clear(req.Context(), req.FormValue("id"))
	})
	_ = http.ListenAndServe(":80", nil)
}
