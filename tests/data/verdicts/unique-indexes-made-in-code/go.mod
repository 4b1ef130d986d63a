module example.com/e

go 1.24

require (
	github.com/rabbitmq/amqp091-go v1.10.0
	go.mongodb.org/mongo-driver v1.17.0
)
