// Package bus subscribes over NATS; a group is an option with a type of its own, or made by a function.
package bus

import "github.com/nats-io/nats.go"

type config struct {
	group string
}

func (c config) Group() string { return c.group }

// Option changes how a subscription is made.
type Option interface{ apply(*config) }

// Group is the name that replicas share.
type Group string

func (g Group) apply(c *config) { c.group = string(g) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// InGroup is the same, made by a function.
func InGroup(name string) Option {
	return optionFunc(func(c *config) { c.group = name })
}

// Bus is a connection.
type Bus struct{ js nats.JetStreamContext }

// Open connects.
func Open() *Bus {
	nc, _ := nats.Connect(nats.DefaultURL)
	js, _ := nc.JetStream()
	return &Bus{js: js}
}

// Subscribe hands messages to a handler.
func (b *Bus) Subscribe(topic string, handle func(*nats.Msg), options ...Option) error {
	cfg := config{}
	for _, option := range options {
		option.apply(&cfg)
	}
	if group := cfg.Group(); group == "" {
		_, err := b.js.Subscribe(topic, handle)
		return err
	}
	_, err := b.js.QueueSubscribe(topic, cfg.Group(), handle)
	return err
}
