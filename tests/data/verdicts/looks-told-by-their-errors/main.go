// Whether a thing is there is often told by the error of the look alone: none, or another one than
// that it was not found.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
)

var (
	errNotFound = errors.New("not found")
	errExists   = errors.New("exists")
)

type server struct{ Address string }

type app struct{ db *sql.DB }

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	a := &app{}
	_, _ = nc.Subscribe("servers.none", a.on(a.noError))
	_, _ = nc.Subscribe("servers.other", a.on(a.otherError))
	_, _ = nc.Subscribe("servers.arms", a.on(a.inArms))
	_, _ = nc.Subscribe("servers.passed", a.on(a.passedOn))
	_, _ = nc.Subscribe("servers.both", a.on(a.both))
	select {}
}

func (a *app) on(create func(ctx context.Context, s server) error) nats.MsgHandler {
	return func(m *nats.Msg) {
		var s server
		if err := json.Unmarshal(m.Data, &s); err != nil {
			return
		}
		_ = create(context.Background(), s)
	}
}

func (a *app) find(ctx context.Context, address string) (server, error) {
	var s server
	err := a.db.QueryRowContext(ctx, "SELECT address FROM servers WHERE address = $1", address).Scan(&s.Address)
	if errors.Is(err, sql.ErrNoRows) {
		return server{}, errNotFound
	}
	return s, err
}

func (a *app) insert(ctx context.Context, s server) error {
	_, err := a.db.ExecContext(ctx, "INSERT INTO servers (id, address) VALUES ($1, $2)", uuid.NewString(), s.Address)
	return err
}

// No error: it is there.
func (a *app) noError(ctx context.Context, s server) error {
	if _, err := a.find(ctx, s.Address); err == nil {
		return errExists
	}
	return a.insert(ctx, s)
}

// Another error than that it is not there.
func (a *app) otherError(ctx context.Context, s server) error {
	if _, err := a.find(ctx, s.Address); !errors.Is(err, errNotFound) {
		return errExists
	}
	return a.insert(ctx, s)
}

// What is not there is made.
func (a *app) inArms(ctx context.Context, s server) error {
	_, err := a.find(ctx, s.Address)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errNotFound):
		return a.insert(ctx, s)
	default:
		return err
	}
}

// A look that failed ends the handler; whether the thing is there is not asked.
func (a *app) passedOn(ctx context.Context, s server) error {
	if _, err := a.find(ctx, s.Address); err != nil && !errors.Is(err, errNotFound) {
		return err
	}
	return a.insert(ctx, s)
}

// A look that failed ends the handler, and one that found something ends it as well.
func (a *app) both(ctx context.Context, s server) error {
	_, err := a.find(ctx, s.Address)
	if err != nil && !errors.Is(err, errNotFound) {
		return err
	}
	if err == nil {
		return nil
	}
	return a.insert(ctx, s)
}
