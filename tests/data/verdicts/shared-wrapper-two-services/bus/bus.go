package bus

import amqp "github.com/rabbitmq/amqp091-go"

func declare(ch *amqp.Channel, name string) (amqp.Queue, error) {
	q, err := ch.QueueDeclare(name, true, false, false, false, nil)
	return q, err
}

func Subscribe(conn *amqp.Connection, name string, handler func([]byte) error) error {
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	q, err := declare(ch, name)
	if err != nil {
		return err
	}
	msgs, err := ch.Consume(q.Name, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	for m := range msgs {
		if handler(m.Body) == nil {
			_ = m.Ack(false)
		}
	}
	return nil
}
