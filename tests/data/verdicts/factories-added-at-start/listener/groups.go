package listener

import (
	"database/sql"
	"encoding/json"
)

func init() {
	factories = append(factories, groups)
}

type group struct{ Size int }

func groups(db *sql.DB) (topic string, handle listen) {
	return "groups", func(message []byte) error {
		var g group
		if err := json.Unmarshal(message, &g); err != nil {
			return err
		}
		_, err := db.Exec("UPDATE totals SET members = members + $1", g.Size)
		return err
	}
}
