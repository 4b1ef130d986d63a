package main

import (
	"shop/internal/bus"
	"shop/mails"
)

func main() { mails.Start(bus.Open()) }
