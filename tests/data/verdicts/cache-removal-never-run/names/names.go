package names

import (
	"context"
	"database/sql"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
)

type Config struct {
	Size     int
	CacheTTL time.Duration
}

type Names struct {
	db    *sql.DB
	cache *expirable.LRU[string, string]
}

// New keeps names for as long as the deployment says.
func New(db *sql.DB, config Config) *Names {
	return &Names{db: db, cache: expirable.NewLRU[string, string](config.Size, nil, config.CacheTTL)}
}

func (n *Names) Find(ctx context.Context, id string) (string, error) {
	if name, ok := n.cache.Get(id); ok {
		return name, nil
	}
	var name string
	if err := n.db.QueryRowContext(ctx, "SELECT name FROM names WHERE id = $1", id).Scan(&name); err != nil {
		return "", err
	}
	n.cache.Add(id, name)
	return name, nil
}

// Rename is called by nobody: no change ever removes a name.
func (n *Names) Rename(ctx context.Context, id, name string) error {
	_, err := n.db.ExecContext(ctx, "UPDATE names SET name = $2 WHERE id = $1", id, name)
	n.cache.Remove(id)
	return err
}
