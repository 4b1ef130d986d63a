package main

import (
	"log"

	"github.com/goava/di"

	"example.com/wired/pay"
)

func main() {
	c, err := di.New(
		di.Provide(pay.Connect),
		di.Provide(pay.NewDB),
		di.Provide(pay.NewPlain),
		di.Provide(pay.NewListener),
	)
	if err != nil {
		log.Fatal(err)
	}
	var listener *pay.Listener
	if err := c.Resolve(&listener); err != nil {
		log.Fatal(err)
	}
	if err := listener.Listen("typed.plain"); err != nil {
		log.Fatal(err)
	}
	select {}
}
