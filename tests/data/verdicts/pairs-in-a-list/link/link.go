// Package link subscribes to what it is given.
package link

import mqtt "github.com/eclipse/paho.mqtt.golang"

// Entry is a topic and who handles it.
type Entry struct {
	Topic  string
	Handle mqtt.MessageHandler
}

// All subscribes once there is a connection.
func All(entries []Entry) mqtt.OnConnectHandler {
	return func(client mqtt.Client) {
		for _, entry := range entries {
			client.Subscribe(entry.Topic, 1, entry.Handle)
		}
	}
}
