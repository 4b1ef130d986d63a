package main

import (
	"database/sql"
	"log"

	"github.com/samber/do"

	"example.com/wired/pay"
)

// Both handlers are there; the name says which one hears what.
func main() {
	i := do.New()
	do.ProvideNamed(i, "db", func(i *do.Injector) (*sql.DB, error) { return pay.NewDB() })
	do.ProvideNamed(i, "quick", func(i *do.Injector) (pay.Handler, error) {
		return pay.NewPlain(do.MustInvokeNamed[*sql.DB](i, "db")), nil
	})
	do.ProvideNamed(i, "careful", func(i *do.Injector) (pay.Handler, error) {
		return pay.NewRecording(do.MustInvokeNamed[*sql.DB](i, "db")), nil
	})
	nc, err := pay.Connect()
	if err != nil {
		log.Fatal(err)
	}
	quick := pay.NewListener(nc, do.MustInvokeNamed[pay.Handler](i, "quick"))
	careful := pay.NewListener(nc, do.MustInvokeNamed[pay.Handler](i, "careful"))
	if err := quick.Listen("both.named.quick"); err != nil {
		log.Fatal(err)
	}
	if err := careful.Listen("both.named.careful"); err != nil {
		log.Fatal(err)
	}
	select {}
}
