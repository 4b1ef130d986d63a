package orders

import "shop/internal/bus"

func Start(b *bus.Bus) { b.Serve("orders.commands", func([]byte) {}) }
