package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"example.com/e/names"
)

func main() {
	db, _ := sql.Open("postgres", os.Getenv("DSN"))
	name, err := names.New(db, names.Config{Size: 10}).Find(context.Background(), os.Args[1])
	fmt.Println(name, err)
}
