package main

import "sync"

func between(low, high, at int) bool { return low <= at && at <= high }

func both(one, two, three, four bool) bool { return one && two && three && four }

func any(one, two, three, four bool) bool { return one || two || three || four }

// One of whose methods stand in another file.
type store[K comparable, V any] struct {
	mux  sync.Mutex
	held map[K]V
}
