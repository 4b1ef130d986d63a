package main

import (
	"shop/internal/bus"
	"shop/orders"
)

func main() { orders.Start(bus.Open()) }
