// All services in one process: what it runs is theirs.
package main

import (
	"shop/internal/bus"
	"shop/mails"
	"shop/orders"
)

func main() {
	b := bus.Open()
	mails.Start(b)
	orders.Start(b)
}
