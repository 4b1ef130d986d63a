module example.com/predicates

go 1.22

require github.com/nats-io/nats.go v1.31.0
