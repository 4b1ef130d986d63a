module example.com/e

go 1.24

require (
	github.com/nats-io/nats.go v1.31.0
)
