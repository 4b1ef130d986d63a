module example.com/asserted

go 1.22

require github.com/ThreeDotsLabs/watermill v1.4.0

require github.com/ThreeDotsLabs/watermill-kafka/v3 v3.0.0
