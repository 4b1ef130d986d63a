package main

import (
	"go.uber.org/fx"

	"example.com/wired/pay"
)

func listen(l *pay.Listener) error { return l.Listen("fx.recording") }

func main() {
	fx.New(
		fx.Provide(pay.Connect, pay.NewDB, pay.NewListener),
		fx.Provide(pay.NewRecording),
		fx.Invoke(listen),
	).Run()
}
