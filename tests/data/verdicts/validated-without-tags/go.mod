module github.com/acme/nodes

go 1.22

require (
	github.com/go-playground/validator/v10 v10.22.0
	github.com/rabbitmq/amqp091-go v1.10.0
)
