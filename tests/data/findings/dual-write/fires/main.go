package main

import (
	"database/sql"
	"os"

	"github.com/nats-io/nats.go"
)

type repo struct{ db *sql.DB }

func (r *repo) pay(id string) error {
	_, err := r.db.Exec("UPDATE orders SET status = 'paid' WHERE id = $1", id)
	return err
}

type usecase struct {
	repo *repo
	nc   *nats.Conn
}

func (u *usecase) announce(id string) error {
	return u.nc.Publish("order.paid", []byte(id)) // want
}

func (u *usecase) Pay(id string) error {
	if err := u.repo.pay(id); err != nil {
		return err
	}
	return u.announce(id)
}

func main() {
	db, _ := sql.Open("postgres", "")
	nc, _ := nats.Connect("")
	u := &usecase{repo: &repo{db: db}, nc: nc}
	_ = u.Pay(os.Args[1])
}
