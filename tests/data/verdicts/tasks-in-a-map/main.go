// Each task of a map of tasks has a function of its own: what one does says nothing of the others.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log"

	"github.com/RichardKnop/machinery/v1"
)

type queue struct{ server *machinery.Server }

func (q *queue) register(named map[string]any) error { return q.server.RegisterTasks(named) }

type job struct{ db *sql.DB }

type heat struct{ ID string }

func (j *job) preheat(data string) error {
	var h heat
	if err := json.Unmarshal([]byte(data), &h); err != nil {
		return err
	}
	if h.ID == "" {
		return errors.New("no id")
	}
	_, err := j.db.ExecContext(context.Background(), "INSERT INTO heats (name) VALUES ($1)", h.ID)
	return err
}

func (j *job) list() ([]string, error) {
	log.Print("asked for the peers")
	return nil, nil
}

func main() {
	server, err := machinery.NewServer(nil)
	if err != nil {
		log.Fatal(err)
	}
	j := &job{}
	tasks := map[string]any{
		"preheat": j.preheat,
		"list":    j.list,
	}
	q := &queue{server: server}
	if err := q.register(tasks); err != nil {
		log.Fatal(err)
	}
	server.NewWorker("worker", 1).Launch()
}
