// The template says which queue calls the function, and the program in its folder which function that is.
package main

import (
	"context"
	"encoding/json"
	"net/smtp"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

type order struct{ Email string }

func handle(ctx context.Context, event events.SQSEvent) error {
	for _, record := range event.Records {
		var o order
		if err := json.Unmarshal([]byte(record.Body), &o); err != nil {
			return err
		}
		if err := smtp.SendMail("mail:25", nil, "shop@example.com", []string{o.Email}, []byte("thanks")); err != nil {
			return err
		}
	}
	return nil
}

func main() { lambda.Start(handle) }
