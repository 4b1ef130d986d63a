package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"

	"github.com/dapr/go-sdk/service/common"
	daprd "github.com/dapr/go-sdk/service/grpc"
	"github.com/xeipuuv/gojsonschema"
)

type validator struct{ schemas map[string]*gojsonschema.Schema }

func (v *validator) RegisterSchema(event, schema string) error {
	compiled, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(schema))
	if err != nil {
		return err
	}
	v.schemas[event] = compiled
	return nil
}

func (v *validator) Validate(event string, data []byte) error {
	schema, ok := v.schemas[event]
	if !ok {
		return errors.New("no schema")
	}
	result, err := schema.Validate(gojsonschema.NewBytesLoader(data))
	if err != nil {
		return err
	}
	if !result.Valid() {
		return errors.New("invalid")
	}
	return nil
}

type shop struct{ validator *validator }

func newShop() *shop {
	s := &shop{validator: &validator{schemas: map[string]*gojsonschema.Schema{}}}
	s.register("schemas/order_paid.json", "order_paid")
	s.register("schemas/order_sent.json", "order_sent")
	return s
}

func (s *shop) register(path, event string) {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Printf("schema %s: %v", path, err)
		return
	}
	if err := s.validator.RegisterSchema(event, string(text)); err != nil {
		log.Printf("schema %s: %v", path, err)
	}
}

func (s *shop) onPaid(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	if err := s.validator.Validate("order_paid", e.RawData); err != nil {
		return false, err
	}
	var paid map[string]any
	return false, json.Unmarshal(e.RawData, &paid)
}

func (s *shop) onSent(ctx context.Context, e *common.TopicEvent) (retry bool, err error) {
	if err := s.validator.Validate("order_sent", e.RawData); err != nil {
		return false, err
	}
	var sent map[string]any
	return false, json.Unmarshal(e.RawData, &sent)
}

func main() {
	s := newShop()
	service, _ := daprd.NewService(":50001")
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.paid"}, s.onPaid)
	_ = service.AddTopicEventHandler(&common.Subscription{PubsubName: "bus", Topic: "order.sent"}, s.onSent)
	_ = service.Start()
}
