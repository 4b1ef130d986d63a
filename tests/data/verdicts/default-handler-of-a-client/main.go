// Command meter subscribes without a callback, so that the default one of the client's options is
// called; that it subscribes again when the connection comes back makes no second consumer.
package main

import (
	"database/sql"
	"encoding/json"
	"log"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

type meter struct{ db *sql.DB }

type reading struct{ Watts int }

func (m *meter) onReading(c mqtt.Client, msg mqtt.Message) {
	var r reading
	if err := json.Unmarshal(msg.Payload(), &r); err != nil {
		log.Print(err)
		return
	}
	if _, err := m.db.Exec("UPDATE meters SET watts = watts + $1", r.Watts); err != nil {
		log.Print(err)
	}
}

func (m *meter) connect() mqtt.Client {
	opts := mqtt.NewClientOptions()
	opts.SetDefaultPublishHandler(m.onReading)
	opts.SetOnConnectHandler(func(c mqtt.Client) {
		c.Subscribe("readings/+", 1, nil)
	})
	return mqtt.NewClient(opts)
}

func main() {
	db, err := sql.Open("postgres", "")
	if err != nil {
		log.Fatal(err)
	}
	client := (&meter{db: db}).connect()
	if token := client.Connect(); token.Wait() && token.Error() != nil {
		log.Fatal(token.Error())
	}
	client.Subscribe("readings/+", 1, nil)
	select {}
}
