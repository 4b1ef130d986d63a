package mails

import "shop/internal/bus"

func Start(b *bus.Bus) { b.Serve("mails.commands", func([]byte) {}) }
