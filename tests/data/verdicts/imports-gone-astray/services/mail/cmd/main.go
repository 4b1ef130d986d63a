package main

// The folder was moved under services, and this import was not changed.
import "trips/mail/events"

func main() {
	if events.Start() == nil {
		select {}
	}
}
