package listener

import (
	"database/sql"
	"encoding/json"
)

func init() {
	factories = append(factories, users)
}

type user struct{ ID string }

func users(db *sql.DB) (topic string, handle listen) {
	return "users", func(message []byte) error {
		var u user
		if err := json.Unmarshal(message, &u); err != nil {
			return err
		}
		_, err := db.Exec("INSERT INTO logins (owner) VALUES ($1)", u.ID)
		return err
	}
}
