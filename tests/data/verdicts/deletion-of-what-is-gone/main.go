// A second delivery finds nothing to delete: it fails and comes again, unless that is taken for done.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
)

type message struct {
	ID string `json:"id"`
}

type product struct{ key int64 }

type products struct{ db *sql.DB }

func (p *products) find(ctx context.Context, id string) (*product, error) {
	var found product
	err := p.db.QueryRowContext(ctx, "SELECT key FROM products WHERE id = $1", id).Scan(&found.key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &found, err
}

func (p *products) remove(ctx context.Context, key int64) error {
	_, err := p.db.ExecContext(ctx, "DELETE FROM products WHERE key = $1", key)
	return err
}

type notFound struct{ id string }

func (n *notFound) Error() string { return n.id + " is not there" }

func missing(id string) *notFound { return &notFound{id: id} }

type handlers struct{ products *products }

func (h *handlers) onDeleted(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var m message
	if err := json.Unmarshal(e.RawData, &m); err != nil {
		return false, err
	}
	return true, h.delete(ctx, m.ID)
}

func (h *handlers) delete(ctx context.Context, id string) error {
	found, err := h.products.find(ctx, id)
	if err != nil {
		return err
	}
	if found == nil {
		return missing(id)
	}
	return h.products.remove(ctx, found.key)
}

func (h *handlers) onRetired(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var m message
	if err := json.Unmarshal(e.RawData, &m); err != nil {
		return false, err
	}
	found, err := h.products.find(ctx, m.ID)
	if err != nil {
		return true, err
	}
	if found == nil {
		return false, nil
	}
	return true, h.products.remove(ctx, found.key)
}

func main() {
	db, _ := sql.Open("postgres", "")
	h := &handlers{products: &products{db: db}}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "product.deleted"}, h.onDeleted)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "product.retired"}, h.onRetired)
	_ = service.Start()
}
