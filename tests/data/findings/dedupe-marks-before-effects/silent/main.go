package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
	"github.com/lib/pq"
)

type customer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type db interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

var errDuplicate = errors.New("duplicate message")

type inbox struct{ db db }

// markProcessed records a message, or says that it was recorded before.
func (i inbox) markProcessed(ctx context.Context, id string) error {
	_, err := i.db.ExecContext(ctx, "INSERT INTO inbox (message_id) VALUES ($1)", id)
	var failed *pq.Error
	if errors.As(err, &failed) && failed.Code == "23505" {
		return errDuplicate
	}
	return err
}

type mails struct{ conn *sql.DB }

// The name can be set as often as one likes; where that fails, it is never set again.
func (m *mails) onRenamed(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var c customer
	if err := json.Unmarshal(e.RawData, &c); err != nil {
		return false, err
	}
	at, err := m.conn.BeginTx(ctx, nil)
	if err != nil {
		return true, err
	}
	defer at.Rollback()
	if err := (inbox{db: at}).markProcessed(ctx, e.ID); err != nil {
		if errors.Is(err, errDuplicate) {
			return false, nil
		}
		return true, err
	}
	if _, err := at.ExecContext(ctx, "UPDATE customers SET name = $2 WHERE id = $1", c.ID, c.Name); err != nil {
		return true, err
	}
	return false, at.Commit()
}

func main() {
	conn, _ := sql.Open("postgres", "")
	m := &mails{conn: conn}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "customer.renamed"}, m.onRenamed)
	_ = service.Start()
}
