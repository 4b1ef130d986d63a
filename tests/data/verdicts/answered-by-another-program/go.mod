module example.com/shop

go 1.24

require (
	github.com/segmentio/kafka-go v0.4.47
	google.golang.org/grpc v1.67.0
)
