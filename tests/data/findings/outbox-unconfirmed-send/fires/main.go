package main

import (
	"database/sql"
	"os"

	"github.com/nats-io/nats.go"
)

type outboxRepo struct{ db *sql.DB }

func (r *outboxRepo) save(tx *sql.Tx, id string) error {
	_, err := tx.Exec("INSERT INTO outbox_events (topic, payload) VALUES ($1, $2)", "order.paid", id)
	return err
}

func (r *outboxRepo) pending() (*sql.Rows, error) {
	return r.db.Query("SELECT topic, payload FROM outbox_events WHERE sent_at IS NULL FOR UPDATE SKIP LOCKED")
}

func (r *outboxRepo) clean() error {
	_, err := r.db.Exec("DELETE FROM outbox_events WHERE sent_at < now()")
	return err
}

func pay(db *sql.DB, r *outboxRepo, id string) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("UPDATE orders SET status = 'paid' WHERE id = $1", id); err != nil {
		return err
	}
	if err := r.save(tx, id); err != nil {
		return err
	}
	return tx.Commit()
}

func relay(r *outboxRepo, js nats.JetStreamContext) error {
	rows, err := r.pending()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, topic string
		var payload []byte
		if err := rows.Scan(&id, &topic, &payload); err != nil {
			return err
		}
		if err := send(js, topic, payload); err != nil {
			return err
		}
		if _, err := r.db.Exec("UPDATE outbox_events SET sent_at = now() WHERE id = $1", id); err != nil {
			return err
		}
	}
	return rows.Err()
}

// The answer comes to a goroutine that nobody waits for.
func send(js nats.JetStreamContext, topic string, payload []byte) error {
	future, err := js.PublishAsync(topic, payload) // want
	if err != nil {
		return err
	}
	go func() {
		select {
		case <-future.Ok():
		case err := <-future.Err():
			println(err.Error())
		}
	}()
	return nil
}

func main() {
	db, _ := sql.Open("postgres", "")
	nc, _ := nats.Connect("")
	js, _ := nc.JetStream()
	r := &outboxRepo{db: db}
	_ = pay(db, r, os.Args[1])
	_ = relay(r, js)
	_ = r.clean()
}
