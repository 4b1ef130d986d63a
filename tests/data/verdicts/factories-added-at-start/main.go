// Command devices runs a consumer for each of the factories that the files of a package add to its list
// when the program starts.
package main

import (
	"context"
	"database/sql"
	"log"

	"example.com/devices/listener"
)

func main() {
	db, err := sql.Open("postgres", "")
	if err != nil {
		log.Fatal(err)
	}
	listener.Start(context.Background(), db)
	select {}
}
