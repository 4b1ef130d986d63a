module example.com/sync

go 1.24

require github.com/nats-io/nats.go v1.37.0
