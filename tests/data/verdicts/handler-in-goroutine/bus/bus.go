package bus

import amqp "github.com/rabbitmq/amqp091-go"

type Subscriber interface {
	Subscribe(queue, key string, handle func([]byte) error) error
}

type rabbit struct{ ch *amqp.Channel }

func New(ch *amqp.Channel) Subscriber { return &rabbit{ch: ch} }

// Subscribe reads in the background; what it reads goes to the handler that this call gives.
func (r *rabbit) Subscribe(queue, key string, handle func([]byte) error) error {
	q, err := r.ch.QueueDeclare(queue, true, false, false, false, nil)
	if err != nil {
		return err
	}
	if err := r.ch.QueueBind(q.Name, key, "trips", false, nil); err != nil {
		return err
	}
	messages, err := r.ch.Consume(q.Name, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	go func() {
		for message := range messages {
			if err := r.one(message, handle); err != nil {
				message.Nack(false, true)
				continue
			}
			message.Ack(false)
		}
	}()
	return nil
}

func (r *rabbit) one(message amqp.Delivery, handle func([]byte) error) error {
	return handle(message.Body)
}
