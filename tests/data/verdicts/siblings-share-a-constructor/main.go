// Two consumers are made by one function, which tries each message again: each has the listener that it was given.
package main

import (
	"context"
	"database/sql"

	"example.com/sib/bus"
)

type Sourcing interface {
	NewUserConsumer(ctx context.Context, listener func(bus.User) error) error
	NewGroupConsumer(ctx context.Context, listener func(string) error) error
}

type ctrl struct{ db *sql.DB }

func (c *ctrl) onUser(u bus.User) error {
	_, err := c.db.Exec("INSERT INTO users (name) VALUES ($1)", u.ID)
	return err
}

func (c *ctrl) onGroup(id string) error {
	_, err := c.db.Exec("DELETE FROM groups WHERE id = $1", id)
	return err
}

func start(ctx context.Context, s Sourcing, c *ctrl) error {
	if err := s.NewGroupConsumer(ctx, c.onGroup); err != nil {
		return err
	}
	return s.NewUserConsumer(ctx, c.onUser)
}

func main() {
	start(context.Background(), &bus.Event{}, &ctrl{})
	select {}
}
