// Whether there is a message at all, and of which type, says nothing of what is in it.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
)

type address struct {
	Street string `json:"street"`
}

type order struct {
	ID      string   `json:"id"`
	Address *address `json:"address"`
}

type store struct{ db *sql.DB }

func (s *store) save(ctx context.Context, o *order) error {
	if o == nil {
		return nil
	}
	_, err := s.db.ExecContext(ctx, "UPDATE orders SET state = 'paid' WHERE id = $1", o.ID)
	return err
}

// headers gives what came beside the message, if anything did.
func headers(raw []byte) (map[string]string, error) {
	if raw == nil {
		return nil, nil
	}
	found := map[string]string{}
	return found, json.Unmarshal(raw, &found)
}

func read(e *common.TopicEvent) (any, error) {
	o := &order{}
	return o, json.Unmarshal(e.RawData, o)
}

// Nothing refuses what the order says.
func (s *store) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	if _, err := headers(e.RawData); err != nil {
		return true, err
	}
	message, err := read(e)
	if err != nil {
		return true, err
	}
	o, ok := message.(*order)
	if !ok {
		return false, errors.New("no order")
	}
	return true, s.save(ctx, o)
}

// An order without an address is refused.
func (s *store) onShipped(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	var o order
	if err := json.Unmarshal(e.RawData, &o); err != nil {
		return true, err
	}
	if o.Address == nil {
		return false, errors.New("no address")
	}
	return true, s.save(ctx, &o)
}

func main() {
	db, _ := sql.Open("postgres", "")
	s := &store{db: db}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.shipped"}, s.onShipped)
	_ = service.Start()
}
