package app

import (
	_ "example.com/e/intake"
	_ "net/http/pprof"

	"example.com/e/registry"
)

// Run starts every input.
func Run() {
	for _, make := range registry.All() {
		_ = make().Start()
	}
}
