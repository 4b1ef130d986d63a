// Package locator keeps what makes things under names; each service has a locator of its own.
package locator

import "context"

type key struct{}

type Maker func(l Locator) (any, error)

type Locator interface {
	Add(name string, make Maker)
	Take(name string) any
	Into(ctx context.Context) context.Context
}

type entry struct {
	name string
	make Maker
}

type locator struct {
	entries map[string]entry
	made    map[string]any
}

func New() Locator {
	return &locator{entries: make(map[string]entry), made: make(map[string]any)}
}

func (l *locator) Add(name string, make Maker) {
	l.entries[name] = entry{name: name, make: make}
}

func (l *locator) Take(name string) any {
	found, ok := l.entries[name]
	if !ok {
		panic("nothing is kept under " + name)
	}
	return l.once(found)
}

func (l *locator) once(e entry) any {
	if made, ok := l.made[e.name]; ok {
		return made
	}
	made, err := e.make(l)
	if err != nil {
		panic(err)
	}
	l.made[e.name] = made
	return made
}

func (l *locator) Into(ctx context.Context) context.Context {
	return context.WithValue(ctx, key{}, l)
}

func From(ctx context.Context, name string) any {
	l, ok := ctx.Value(key{}).(*locator)
	if !ok {
		panic("no locator")
	}
	return l.Take(name)
}
