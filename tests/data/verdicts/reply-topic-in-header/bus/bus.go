package bus

import (
	"encoding/json"

	"github.com/nats-io/nats.go"
)

const ReplyTo = "reply-to"

type Headers map[string]any

func (h Headers) Set(key string, value any) { h[key] = value }
func (h Headers) Get(key string) any        { return h[key] }

type Message interface {
	Headers() Headers
	Body() []byte
}

type message struct {
	headers Headers
	body    []byte
}

func (m message) Headers() Headers { return m.headers }
func (m message) Body() []byte     { return m.body }

func New(body []byte) Message { return message{headers: Headers{}, body: body} }

func Send(nc *nats.Conn, subject string, m Message) error {
	data, err := json.Marshal(m.Headers())
	if err != nil {
		return err
	}
	return nc.Publish(subject, append(data, m.Body()...))
}

// Answer handles a message and sends what comes out where the message says.
type Answer struct {
	nc     *nats.Conn
	handle func(Message) (Message, error)
}

func NewAnswer(nc *nats.Conn, handle func(Message) (Message, error)) *Answer {
	return &Answer{nc: nc, handle: handle}
}

func (a *Answer) Handle(m Message) error {
	to := m.Headers().Get(ReplyTo).(string)
	reply, err := a.handle(m)
	if err != nil {
		return err
	}
	return Send(a.nc, to, reply)
}

func Listen(nc *nats.Conn, subject string, handle func(Message) error) error {
	_, err := nc.Subscribe(subject, func(raw *nats.Msg) {
		headers := Headers{}
		if json.Unmarshal(raw.Data, &headers) == nil {
			_ = handle(message{headers: headers, body: raw.Data})
		}
	})
	return err
}
