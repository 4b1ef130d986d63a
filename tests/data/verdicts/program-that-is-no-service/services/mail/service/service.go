package service

import (
	"fmt"

	"github.com/nats-io/nats.go"
)

type Service struct{}

func New() *Service { return &Service{} }

func (s *Service) Init() error {
	nc, err := nats.Connect(nats.DefaultURL)
	if err != nil {
		return err
	}
	_, err = nc.Subscribe("mail.wanted", func(m *nats.Msg) { fmt.Println(string(m.Data)) })
	return err
}
