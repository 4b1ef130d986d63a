package main

import (
	"database/sql"
	"log"

	"github.com/nats-io/nats.go"
	"github.com/samber/do"

	"example.com/wired/pay"
)

func main() {
	i := do.New()
	do.Provide(i, func(i *do.Injector) (*nats.Conn, error) { return pay.Connect() })
	do.Provide(i, func(i *do.Injector) (*sql.DB, error) { return pay.NewDB() })
	do.Provide(i, func(i *do.Injector) (pay.Handler, error) {
		return pay.NewPlain(do.MustInvoke[*sql.DB](i)), nil
	})
	do.Provide(i, func(i *do.Injector) (*pay.Listener, error) {
		return pay.NewListener(do.MustInvoke[*nats.Conn](i), do.MustInvoke[pay.Handler](i)), nil
	})
	if err := do.MustInvoke[*pay.Listener](i).Listen("do.plain"); err != nil {
		log.Fatal(err)
	}
	select {}
}
