// Package mail decodes settings on the way of a message: that is no decoding of the message.
package mail

import (
	"database/sql"
	"encoding/json"
	"log"

	"github.com/IBM/sarama"
	"github.com/mitchellh/mapstructure"
)

type settings struct{ DSN string }

var (
	given  map[string]any
	loaded *settings
)

func config() *settings {
	if loaded == nil {
		loaded = &settings{}
		if err := mapstructure.Decode(given, loaded); err != nil {
			log.Print(err)
		}
	}
	return loaded
}

type placed struct {
	Kind  string
	Order string
}

// Handler stores what is asked for by mail.
type Handler struct{}

func (h *Handler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (h *Handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }

// ConsumeClaim handles what is placed, and leaves other kinds alone.
func (h *Handler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for msg := range claim.Messages() {
		db, err := sql.Open("postgres", config().DSN)
		if err != nil {
			return err
		}
		var event placed
		if err := json.Unmarshal(msg.Value, &event); err != nil {
			return err
		}
		if event.Kind == "mail" {
			if _, err := db.Exec("INSERT INTO mails (customer_order) VALUES ($1)", event.Order); err != nil {
				return err
			}
		}
		session.MarkMessage(msg, "")
	}
	return nil
}
