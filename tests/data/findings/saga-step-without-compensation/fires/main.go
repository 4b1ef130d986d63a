package main

import "context"

type step struct{ action, compensation func(context.Context) error }

// Action is what the step does.
func (s *step) Action(f func(context.Context) error) *step {
	s.action = f
	return s
}

// Compensation undoes it.
func (s *step) Compensation(f func(context.Context) error) *step {
	s.compensation = f
	return s
}

type saga struct{ steps []*step }

// AddStep adds a step.
func (s *saga) AddStep() *step {
	added := &step{}
	s.steps = append(s.steps, added)
	return added
}

type orders struct{ saga *saga }

func (o *orders) authorizeCustomer(ctx context.Context) error { return nil }
func (o *orders) reserveStock(ctx context.Context) error      { return nil }
func (o *orders) releaseStock(ctx context.Context) error      { return nil }
func (o *orders) bookCourier(ctx context.Context) error       { return nil }
func (o *orders) cancelCourier(ctx context.Context) error     { return nil }
func (o *orders) approve(ctx context.Context) error           { return nil }

// What is reserved stays so when no courier is found.
func newOrders() *orders {
	o := &orders{saga: &saga{}}
	o.saga.AddStep().Action(o.authorizeCustomer)
	o.saga.AddStep().Action(o.reserveStock) // want
	o.saga.AddStep().Action(o.bookCourier).Compensation(o.cancelCourier)
	o.saga.AddStep().Action(o.approve)
	return o
}

func main() { _ = newOrders() }
