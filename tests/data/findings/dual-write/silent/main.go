package main

import (
	"database/sql"
	"os"

	"github.com/nats-io/nats.go"
)

type usecase struct {
	db *sql.DB
	nc *nats.Conn
}

// Either a write or a publish, never both.
func (u *usecase) Either(id string) error {
	if id == "" {
		_, err := u.db.Exec("INSERT INTO orders (id) VALUES ($1)", id)
		return err
	}
	return u.nc.Publish("order.nudged", []byte(id))
}

func (u *usecase) Switch(kind, id string) error {
	switch kind {
	case "write":
		u.db.Exec("UPDATE orders SET status = 'paid' WHERE id = $1", id)
	case "send":
		u.nc.Publish("order.switched", []byte(id))
	}
	return nil
}

// The event is a row of the same transaction.
func (u *usecase) Pay(id string) error {
	tx, err := u.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("UPDATE orders SET status = 'paid' WHERE id = $1", id); err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO outbox_events (topic, payload) VALUES ($1, $2)", "order.paid", id); err != nil {
		return err
	}
	return tx.Commit()
}

// What reads before it sends changes nothing.
func (u *usecase) Remind(id string) error {
	if err := u.db.QueryRow("SELECT id FROM orders WHERE id = $1", id).Err(); err != nil {
		return err
	}
	return u.nc.Publish("order.reminder", []byte(id))
}

func (u *usecase) relay() error {
	rows, err := u.db.Query("SELECT topic, payload FROM outbox_events WHERE sent_at IS NULL FOR UPDATE SKIP LOCKED")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var topic string
		var payload []byte
		if err := rows.Scan(&topic, &payload); err != nil {
			return err
		}
		if err := u.nc.Publish(topic, payload); err != nil {
			return err
		}
	}
	_, err = u.db.Exec("DELETE FROM outbox_events WHERE sent_at < now()")
	return err
}

func main() {
	db, _ := sql.Open("postgres", "")
	nc, _ := nats.Connect("")
	u := &usecase{db: db, nc: nc}
	_ = u.Either(os.Args[1])
	_ = u.Switch(os.Args[1], os.Args[2])
	_ = u.Pay(os.Args[1])
	_ = u.Remind(os.Args[1])
	_ = u.relay()
}
