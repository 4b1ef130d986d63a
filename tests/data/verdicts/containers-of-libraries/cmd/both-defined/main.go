package main

import (
	"context"
	"encoding/json"
	"log"

	"github.com/nats-io/nats.go"
	"github.com/sarulabs/di/v2"

	"example.com/wired/pay"
)

const (
	quickKey   = "quick"
	carefulKey = "careful"
)

// Both handlers are there; the name says which one hears what.
func main() {
	builder, err := di.NewBuilder()
	if err != nil {
		log.Fatal(err)
	}
	err = builder.Add(
		di.Def{Name: quickKey, Build: func(c di.Container) (any, error) {
			db, err := pay.NewDB()
			return pay.NewPlain(db), err
		}},
		di.Def{Name: carefulKey, Build: func(c di.Container) (any, error) {
			db, err := pay.NewDB()
			return pay.NewRecording(db), err
		}},
	)
	if err != nil {
		log.Fatal(err)
	}
	app := builder.Build()
	nc, err := pay.Connect()
	if err != nil {
		log.Fatal(err)
	}
	nc.Subscribe("both.defined.quick", func(m *nats.Msg) {
		var p pay.Payment
		if err := json.Unmarshal(m.Data, &p); err != nil {
			return
		}
		_ = app.Get(quickKey).(pay.Handler).Handle(context.Background(), p)
	})
	nc.Subscribe("both.defined.careful", func(m *nats.Msg) {
		var p pay.Payment
		if err := json.Unmarshal(m.Data, &p); err != nil {
			return
		}
		_ = app.Get(carefulKey).(pay.Handler).Handle(context.Background(), p)
	})
	select {}
}
