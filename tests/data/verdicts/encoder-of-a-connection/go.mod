module example.com/orders

go 1.22

require (
	example.org/genproto v1.0.0
	github.com/nats-io/go-nats v1.7.2
)
