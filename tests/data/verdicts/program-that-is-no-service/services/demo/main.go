package main

import (
	"example.com/game/runner"
	"example.com/game/services/demo/service"
)

func main() { _ = runner.Run(service.New()) }
