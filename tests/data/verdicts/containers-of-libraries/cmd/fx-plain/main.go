package main

import (
	"go.uber.org/fx"

	"example.com/wired/pay"
)

func listen(l *pay.Listener) error { return l.Listen("fx.plain") }

func main() {
	fx.New(
		fx.Provide(pay.Connect, pay.NewDB, pay.NewListener),
		fx.Provide(pay.NewPlain),
		fx.Invoke(listen),
	).Run()
}
