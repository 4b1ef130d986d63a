// Variables of the environment with a default each: what the deployment sets is what holds.
package main

import (
	"context"
	"database/sql"
	"os"

	"github.com/segmentio/kafka-go"
)

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func lookup(name, otherwise string) string {
	if v, ok := os.LookupEnv(name); ok {
		return v
	}
	return otherwise
}

func run(r *kafka.Reader, db *sql.DB) {
	for {
		m, err := r.ReadMessage(context.Background())
		if err != nil {
			return
		}
		db.Exec("UPDATE t SET a = a + 1 WHERE id = $1", string(m.Key))
	}
}

func main() {
	var db *sql.DB
	go run(kafka.NewReader(kafka.ReaderConfig{Topic: envOr("WORK_TOPIC", "tasks"), GroupID: "g"}), db)
	go run(kafka.NewReader(kafka.ReaderConfig{Topic: lookup("OTHER_TOPIC", "others"), GroupID: "g"}), db)
	run(kafka.NewReader(kafka.ReaderConfig{Topic: envOr("UNSET_TOPIC", "by-default"), GroupID: "g"}), db)
}
