module example.com/e

go 1.24

require (
	github.com/Masterminds/squirrel v1.5.4
	github.com/rabbitmq/amqp091-go v1.10.0
)
