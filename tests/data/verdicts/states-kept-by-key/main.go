// Command rollout keeps the state of each domain itself, and ends where a message tells what it knows: a
// second delivery ends there, too. A flag that only says that something is under way ends nothing.
package main

import (
	"encoding/json"
	"log"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

type operation struct {
	domains map[string]string
	busy    map[string]string
}

type rollout struct {
	client mqtt.Client
	op     *operation
}

type feedback struct{ Domain string }

func domain(m mqtt.Message) string {
	var f feedback
	if err := json.Unmarshal(m.Payload(), &f); err != nil {
		log.Print(err)
	}
	return f.Domain
}

func (r *rollout) done(_ mqtt.Client, m mqtt.Message) {
	d := domain(m)
	status := r.op.domains[d]
	if status == "done" || status == "failed" {
		return
	}
	r.op.domains[d] = "done"
	r.client.Publish("rollout/report", 1, false, d)
}

func (r *rollout) loaded(_ mqtt.Client, m mqtt.Message) {
	d := domain(m)
	if r.op.domains[d] != "loading" {
		return
	}
	r.op.domains[d] = "loaded"
	r.client.Publish("rollout/report", 1, false, d)
}

func (r *rollout) asked(_ mqtt.Client, m mqtt.Message) {
	d := domain(m)
	if r.op.busy[d] == "busy" {
		return
	}
	r.op.busy[d] = "busy"
	r.client.Publish("rollout/report", 1, false, d)
	r.op.busy[d] = ""
}

func main() {
	client := mqtt.NewClient(mqtt.NewClientOptions())
	r := &rollout{client: client, op: &operation{domains: map[string]string{}, busy: map[string]string{}}}
	client.Subscribe("rollout/done", 1, r.done)
	client.Subscribe("rollout/loaded", 1, r.loaded)
	client.Subscribe("rollout/asked", 1, r.asked)
	select {}
}
