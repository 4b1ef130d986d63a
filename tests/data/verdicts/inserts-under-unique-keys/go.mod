module example.com/orders

go 1.22

require (
	github.com/google/uuid v1.6.0
	github.com/rabbitmq/amqp091-go v1.10.0
	gorm.io/gorm v1.25.0
)
