module example.com/rpc

go 1.22

require (
	github.com/go-playground/validator/v10 v10.20.0
	github.com/nats-io/nats.go v1.34.0
)
