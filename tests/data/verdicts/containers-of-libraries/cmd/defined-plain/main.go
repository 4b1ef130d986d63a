package main

import (
	"database/sql"
	"log"

	"github.com/sarulabs/di"

	"example.com/wired/pay"
)

func main() {
	builder, err := di.NewBuilder()
	if err != nil {
		log.Fatal(err)
	}
	err = builder.Add(
		di.Def{Name: "db", Build: func(c di.Container) (interface{}, error) { return pay.NewDB() }},
		di.Def{Name: "handler", Build: func(c di.Container) (interface{}, error) {
			return pay.NewPlain(c.Get("db").(*sql.DB)), nil
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
	if err := pay.NewListener(nc, app.Get("handler").(pay.Handler)).Listen("defined.plain"); err != nil {
		log.Fatal(err)
	}
	select {}
}
