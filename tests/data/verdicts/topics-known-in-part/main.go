package main

import (
	"context"
	"log"
	"net/http"
	"strings"

	"github.com/nats-io/nats.go"
)

type settings struct{ Topics struct{ Greetings string } }

type rooms struct {
	nc  *nats.Conn
	cfg settings
}

// A part that is looked up under a constant, and one that is calculated.
func (r *rooms) Watch(w http.ResponseWriter, req *http.Request) {
	_, _ = r.nc.Subscribe("room."+strings.TrimSpace(req.URL.Query().Get("roomId")), show)
	_, _ = r.nc.Subscribe("seat."+strings.Repeat(req.Method, len(req.Host)), show)
	_, _ = r.nc.Subscribe(r.cfg.Topics.Greetings, show)
}

// What may be `room.lobby` and cannot be `stock.low`.
func (r *rooms) Say(ctx context.Context, room, text string) {
	_ = r.nc.Publish("room."+strings.ToLower(room), []byte(text))
}

func show(m *nats.Msg) { log.Print(len(m.Data)) }

func main() {
	nc, _ := nats.Connect("")
	r := &rooms{nc: nc}
	_, _ = nc.Subscribe("room.lobby", show)
	_, _ = nc.Subscribe("stock.low", show)
	http.HandleFunc("/watch", r.Watch)
	http.HandleFunc("/say", func(w http.ResponseWriter, req *http.Request) {
		r.Say(req.Context(), req.FormValue("room"), req.FormValue("text"))
	})
	_ = http.ListenAndServe(":80", nil)
}
