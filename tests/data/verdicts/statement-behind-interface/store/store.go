package store

import (
	"context"
	"database/sql"
)

// DBTX is a connection or a transaction.
type DBTX interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

// Queries runs statements.
type Queries struct{ db DBTX }

// New makes queries.
func New(db DBTX) *Queries { return &Queries{db: db} }

const position = `SELECT position FROM rotations WHERE id = $1`

// Position looks up where a rotation is.
func (q *Queries) Position(ctx context.Context, id string) (int, error) {
	var found int
	err := q.db.QueryRowContext(ctx, position, id).Scan(&found)
	return found, err
}

const end = `UPDATE rotations SET position = NULL WHERE id = $1`

// End ends a rotation.
func (q *Queries) End(ctx context.Context, id string) error {
	_, err := q.db.ExecContext(ctx, end, id)
	return err
}
