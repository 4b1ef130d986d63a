package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/smtp"

	"github.com/hibiken/asynq"
)

type mail struct{ To, Text string }

func send(m mail) error {
	return smtp.SendMail("mail:25", nil, "app@example.com", []string{m.To}, []byte(m.Text))
}

// Nothing that goes wrong is told to the queue: its archive stays empty.
func swallow(ctx context.Context, t *asynq.Task) error {
	var m mail
	if err := json.Unmarshal(t.Payload(), &m); err != nil {
		log.Println(err)
		return nil
	}
	if err := send(m); err != nil {
		log.Println(err)
		return nil
	}
	return nil
}

// The queue keeps what fails too often.
func tell(ctx context.Context, t *asynq.Task) error {
	var m mail
	if err := json.Unmarshal(t.Payload(), &m); err != nil {
		return errors.New("unreadable")
	}
	return send(m)
}

func main() {
	srv := asynq.NewServer(asynq.RedisClientOpt{Addr: "redis:6379"}, asynq.Config{})
	mux := asynq.NewServeMux()
	mux.HandleFunc("mail:swallow", swallow)
	mux.HandleFunc("mail:tell", tell)
	_ = srv.Run(mux)
}
