package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
)

type subscriber interface {
	Handle(ctx context.Context, data any) error
}

// Manager calls the subscribers of an event, in this process.
type Manager struct{ subscribers map[string][]subscriber }

// Subscribe adds subscribers of an event.
func (m *Manager) Subscribe(event string, subscribers ...subscriber) {
	m.subscribers[event] = append(m.subscribers[event], subscribers...)
}

// Trigger calls the subscribers of an event.
func (m *Manager) Trigger(ctx context.Context, event string, data any) error {
	var all []error
	for _, s := range m.subscribers[event] {
		all = append(all, s.Handle(ctx, data))
	}
	return errors.Join(all...)
}

type usecase struct{ db *sql.DB }

func (u *usecase) ship(ctx context.Context, id string) error {
	_, err := u.db.ExecContext(ctx, "UPDATE orders SET shipped = true WHERE id = $1", id)
	return err
}

type shippedSub struct{ uc *usecase }

// Handle hands on.
func (s *shippedSub) Handle(ctx context.Context, data any) error {
	id, ok := data.(string)
	if !ok {
		return errors.New("no id")
	}
	return s.uc.ship(ctx, id)
}

type consumer struct{ manager *Manager }

func (c *consumer) onShipped(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	return false, c.manager.Trigger(ctx, "shipped", e.ID)
}

func main() {
	manager := &Manager{subscribers: map[string][]subscriber{}}
	manager.Subscribe("shipped", &shippedSub{uc: &usecase{}})
	c := &consumer{manager: manager}
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.shipped"}, c.onShipped)
	_ = service.Start()
}
