// Command mails hears through a library that no rule describes. What is handed to it handles the
// messages, not the function that hands it over; and one that settles them itself decides their fate.
package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"log"

	"example.org/messaging"
	amqp "github.com/rabbitmq/amqp091-go"
)

type consumer struct {
	client *messaging.Client
	db     *sql.DB
}

func (c *consumer) Listen() {
	go c.client.Listen()
	c.client.AddConsumer("events", "topic", "mails", "mail.asked", c.mail, 100)
	c.client.AddConsumer("events", "topic", "notes", "note.taken", c.note, 100)
}

// What fails is logged and acknowledged.
func (c *consumer) mail(d amqp.Delivery) {
	if err := c.save(d.Body); err != nil {
		log.Print(err)
	}
	_ = d.Ack(false)
}

// What fails is refused: whether the queue has a place for it only the library knows.
func (c *consumer) note(d amqp.Delivery) {
	if err := c.save(d.Body); err != nil {
		c.nack(d, false)
		return
	}
	_ = d.Ack(false)
}

func (c *consumer) nack(d amqp.Delivery, again bool) {
	if err := d.Nack(false, again); err != nil {
		log.Print(err)
	}
}

type mail struct{ To, Subject string }

func (c *consumer) save(body []byte) error {
	var m mail
	if err := json.Unmarshal(body, &m); err != nil {
		return err
	}
	if m.To == "" || m.Subject == "" {
		return errors.New("nobody to send it to")
	}
	_, err := c.db.Exec("INSERT INTO mails (receiver) VALUES ($1)", m.To)
	return err
}

func main() {
	db, err := sql.Open("postgres", "")
	if err != nil {
		log.Fatal(err)
	}
	(&consumer{client: messaging.NewClient(), db: db}).Listen()
	select {}
}
