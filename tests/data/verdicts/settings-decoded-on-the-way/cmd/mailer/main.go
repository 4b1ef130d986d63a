// What is run by one program alone is its own, wherever it lies.
package main

import (
	"context"

	"github.com/IBM/sarama"

	"example.com/mailer/internal/mail"
)

func main() {
	group, err := sarama.NewConsumerGroup([]string{"kafka:9092"}, "mailer", sarama.NewConfig())
	if err != nil {
		panic(err)
	}
	for {
		if err := group.Consume(context.Background(), []string{"order.placed"}, &mail.Handler{}); err != nil {
			panic(err)
		}
	}
}
