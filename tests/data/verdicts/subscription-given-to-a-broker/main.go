package main

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/redis/go-redis/v9"
)

// PubSub is what messages are read from.
type PubSub interface {
	GetMessage(ctx context.Context) (string, error)
}

type redisPubSub struct{ sub *redis.PubSub }

func (p *redisPubSub) GetMessage(ctx context.Context) (string, error) {
	m, err := p.sub.ReceiveMessage(ctx)
	if err != nil {
		return "", err
	}
	return m.Payload, nil
}

type Store struct{ client *redis.Client }

func (s *Store) Subscribe(ctx context.Context, channel string) (PubSub, error) {
	return &redisPubSub{sub: s.client.Subscribe(ctx, channel)}, nil
}

func (s *Store) Publish(ctx context.Context, channel string, body []byte) error {
	return s.client.Publish(ctx, channel, body).Err()
}

// Broker runs what it was told to for each message of a subscription.
type Broker struct {
	messages  chan []byte
	onMessage func(m []byte)
}

func NewBroker() *Broker { return &Broker{messages: make(chan []byte)} }

func (b *Broker) OnMessage(f func(m []byte)) { b.onMessage = f }

func (b *Broker) Init(ctx context.Context, sub PubSub) {
	go func() { b.subscribe(ctx, sub) }()
	go func() { b.start(ctx) }()
}

func (b *Broker) start(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-b.messages:
			if b.onMessage != nil {
				b.onMessage(m)
			}
		}
	}
}

func (b *Broker) subscribe(ctx context.Context, sub PubSub) {
	for {
		m, err := sub.GetMessage(ctx)
		if err != nil {
			continue
		}
		b.messages <- []byte(m)
	}
}

type event struct{ Name string }

type api struct {
	store  *Store
	db     *sql.DB
	broker *Broker
	other  *Broker
}

func (a *api) initEvents(ctx context.Context) error {
	sub, err := a.store.Subscribe(ctx, "events")
	if err != nil {
		return err
	}
	a.broker = NewBroker()
	a.broker.OnMessage(func(m []byte) {
		var e event
		if err := json.Unmarshal(m, &e); err != nil {
			return
		}
		a.saveEvent(e)
	})
	a.broker.Init(ctx, sub)
	// What is sent beside the subscription is no effect of a message.
	return a.store.Publish(ctx, "started", []byte("{}"))
}

func (a *api) saveEvent(e event) {
	_, _ = a.db.Exec("INSERT INTO events (name) VALUES ($1)", e.Name)
}

func (a *api) initJobs(ctx context.Context) error {
	sub, err := a.store.Subscribe(ctx, "jobs")
	if err != nil {
		return err
	}
	a.other = NewBroker()
	a.other.Init(ctx, sub)
	return nil
}

func main() {
	db, _ := sql.Open("postgres", "")
	a := &api{store: &Store{client: redis.NewClient(&redis.Options{})}, db: db}
	_ = a.initEvents(context.Background())
	_ = a.initJobs(context.Background())
}
