package main

import (
	"context"
	"database/sql"
	"errors"
	"log"
)

type orders struct{ db *sql.DB }

func (o *orders) reserve(ctx context.Context, id string) error {
	_, err := o.db.ExecContext(ctx, "UPDATE stock SET reserved = 1 WHERE id = $1", id)
	return err
}

func (o *orders) compensateReserve(ctx context.Context, id string) error {
	_, err := o.db.ExecContext(ctx, "UPDATE stock SET reserved = 0 WHERE id = $1", id)
	return err
}

func (o *orders) charge(ctx context.Context, id string) error { return errors.New("no money") }

// Both errors are passed on.
func (o *orders) place(ctx context.Context, id string) error {
	if err := o.reserve(ctx, id); err != nil {
		return err
	}
	if err := o.charge(ctx, id); err != nil {
		if undone := o.compensateReserve(ctx, id); undone != nil {
			return errors.Join(err, undone)
		}
		return err
	}
	return nil
}

func main() {
	o := &orders{}
	if err := o.place(context.Background(), "1"); err != nil {
		log.Fatal(err)
	}
}
