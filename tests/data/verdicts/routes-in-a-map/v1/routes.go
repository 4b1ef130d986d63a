package v1

import (
	"database/sql"
	"encoding/json"

	"github.com/go-playground/validator/v10"
	"github.com/nats-io/nats.go"

	"example.com/rpc/server"
)

type routes struct {
	db *sql.DB
	v  *validator.Validate
}

// Register puts the routes of this version into a map.
func Register(all map[string]server.Handler, db *sql.DB) {
	r := &routes{db: db, v: validator.New()}
	all["v1.tasks.create"] = r.create()
	r.more(all)
}

func (r *routes) more(all map[string]server.Handler) {
	all["v1.tasks.delete"] = r.remove()
}

type task struct {
	ID    string `validate:"required"`
	Title string `validate:"required"`
}

func (r *routes) create() server.Handler {
	return func(m *nats.Msg) error {
		var t task
		if err := json.Unmarshal(m.Data, &t); err != nil {
			return err
		}
		if err := r.v.Struct(t); err != nil {
			return err
		}
		_, err := r.db.Exec("INSERT INTO tasks (title) VALUES ($1)", t.Title)
		return err
	}
}

func (r *routes) remove() server.Handler {
	return func(m *nats.Msg) error {
		var t task
		if err := json.Unmarshal(m.Data, &t); err != nil {
			return err
		}
		if err := r.v.Struct(t); err != nil {
			return err
		}
		_, err := r.db.Exec("DELETE FROM tasks WHERE id = $1", t.ID)
		return err
	}
}
