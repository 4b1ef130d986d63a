package events

import (
	"fmt"

	"trips/shared/bus"
)

func Start() error {
	return bus.Listen("trip.created", func(body []byte) { fmt.Println(string(body)) })
}
