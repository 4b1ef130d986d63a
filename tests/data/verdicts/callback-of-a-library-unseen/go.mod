module example.com/mails

go 1.22

require (
	example.org/messaging v1.0.0
	github.com/rabbitmq/amqp091-go v1.9.0
)
