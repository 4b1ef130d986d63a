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
	do.ProvideNamed(i, "nats", func(i *do.Injector) (*nats.Conn, error) { return pay.Connect() })
	do.ProvideNamed(i, "db", func(i *do.Injector) (*sql.DB, error) { return pay.NewDB() })
	do.ProvideNamed(i, "handler", func(i *do.Injector) (pay.Handler, error) {
		return pay.NewRecording(do.MustInvokeNamed[*sql.DB](i, "db")), nil
	})
	nc := do.MustInvokeNamed[*nats.Conn](i, "nats")
	listener := pay.NewListener(nc, do.MustInvokeNamed[pay.Handler](i, "handler"))
	if err := listener.Listen("named.recording"); err != nil {
		log.Fatal(err)
	}
	select {}
}
