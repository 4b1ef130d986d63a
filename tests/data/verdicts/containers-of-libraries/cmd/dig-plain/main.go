package main

import (
	"log"

	"go.uber.org/dig"

	"example.com/wired/pay"
)

func main() {
	c := dig.New()
	for _, constructor := range []any{pay.Connect, pay.NewDB, pay.NewPlain, pay.NewListener} {
		if err := c.Provide(constructor); err != nil {
			log.Fatal(err)
		}
	}
	if err := c.Invoke(func(l *pay.Listener) error { return l.Listen("dig.plain") }); err != nil {
		log.Fatal(err)
	}
	select {}
}
