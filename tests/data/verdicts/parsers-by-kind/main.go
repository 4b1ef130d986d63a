// Command parse looks up how a kind of message is read. Two topics are read by functions that check
// what they read; those of the third only decode.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

type Paid struct {
	Order string
	Cents int64
}

type Sent struct {
	Order string
}

var parsers = map[string]func([]byte) (any, error){
	"paid": parsePaid,
	"sent": parseSent,
}

var decoders = map[string]func([]byte) (any, error){
	"paid": decodePaid,
	"sent": decodeSent,
}

type Parser interface {
	Parse(data []byte) (*Paid, error)
}

type strict struct{}

func (strict) Parse(data []byte) (*Paid, error) {
	var paid Paid
	if err := json.Unmarshal(data, &paid); err != nil {
		return nil, err
	}
	if paid.Order == "" {
		return nil, errors.New("no order")
	}
	if paid.Cents <= 0 {
		return nil, errors.New("nothing paid")
	}
	return &paid, nil
}

var strictly = map[string]Parser{"paid": strict{}}

func parsePaid(data []byte) (any, error) {
	var paid Paid
	if err := json.Unmarshal(data, &paid); err != nil {
		return nil, err
	}
	if paid.Order == "" {
		return nil, errors.New("no order")
	}
	if paid.Cents <= 0 {
		return nil, errors.New("nothing paid")
	}
	return paid, nil
}

func parseSent(data []byte) (any, error) {
	var sent Sent
	if err := json.Unmarshal(data, &sent); err != nil {
		return nil, err
	}
	if sent.Order == "" {
		return nil, errors.New("no order")
	}
	return sent, nil
}

func decodePaid(data []byte) (any, error) {
	var paid Paid
	if err := json.Unmarshal(data, &paid); err != nil {
		return nil, err
	}
	return paid, nil
}

func decodeSent(data []byte) (any, error) {
	var sent Sent
	err := json.Unmarshal(data, &sent)
	return sent, err
}

func header(m kafka.Message, name string) string {
	for _, h := range m.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

func main() {
	db, err := sql.Open("postgres", "")
	if err != nil {
		panic(err)
	}
	go consume(db, "checked", checked)
	go consume(db, "decoded", decoded)
	go consume(db, "strict", strictlyRead)
	go consume(db, "kinds", ofKind)
	registry := NewRegistry()
	registry.Add("paid", parsePaid)
	registry.Add("sent", parseSent)
	consume(db, "registered", registry.handle)
}

func consume(db *sql.DB, topic string, handle func(*sql.DB, kafka.Message) error) {
	reader := kafka.NewReader(kafka.ReaderConfig{Topic: topic, GroupID: "parse"})
	for {
		m, err := reader.FetchMessage(context.Background())
		if err != nil {
			return
		}
		if err := handle(db, m); err != nil {
			continue
		}
		reader.CommitMessages(context.Background(), m)
	}
}

func checked(db *sql.DB, m kafka.Message) error {
	kind := header(m, "kind")
	parse, ok := parsers[kind]
	if !ok {
		return fmt.Errorf("unknown kind %q", kind)
	}
	v, err := parse(m.Value)
	if err != nil {
		return err
	}
	return save(db, v)
}

func decoded(db *sql.DB, m kafka.Message) error {
	kind := header(m, "kind")
	decode, ok := decoders[kind]
	if !ok {
		return fmt.Errorf("unknown kind %q", kind)
	}
	v, err := decode(m.Value)
	if err != nil {
		return err
	}
	return save(db, v)
}

func strictlyRead(db *sql.DB, m kafka.Message) error {
	parser, ok := strictly[header(m, "kind")]
	if !ok {
		return errors.New("unknown kind")
	}
	v, err := parser.Parse(m.Value)
	if err != nil {
		return err
	}
	return save(db, v)
}

type Envelope struct {
	Kind string
	Body json.RawMessage
}

// ofKind refuses kinds that it does not know, and checks nothing of those that it does.
func ofKind(db *sql.DB, m kafka.Message) error {
	var e Envelope
	if err := json.Unmarshal(m.Value, &e); err != nil {
		return err
	}
	decode, ok := decoders[e.Kind]
	if !ok {
		return fmt.Errorf("unknown kind %q", e.Kind)
	}
	v, err := decode(e.Body)
	if err != nil {
		return err
	}
	return save(db, v)
}

type Registry struct {
	parsers map[string]func([]byte) (any, error)
}

func NewRegistry() *Registry {
	return &Registry{parsers: make(map[string]func([]byte) (any, error))}
}

func (r *Registry) Add(kind string, parse func([]byte) (any, error)) { r.parsers[kind] = parse }

func (r *Registry) parse(kind string, data []byte) (any, error) {
	parse, ok := r.parsers[kind]
	if !ok {
		return nil, fmt.Errorf("unknown kind %q", kind)
	}
	return parse(data)
}

func (r *Registry) handle(db *sql.DB, m kafka.Message) error {
	v, err := r.parse(header(m, "kind"), m.Value)
	if err != nil {
		return err
	}
	return save(db, v)
}

func save(db *sql.DB, v any) error {
	_, err := db.Exec("INSERT INTO events (body) VALUES ($1)", v)
	return err
}
