package main

import (
	"context"
	"net/http"
	"time"

	"github.com/segmentio/kafka-go"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
)

type entry struct {
	ID   string
	Kind string
	Body []byte
}

type store struct {
	parcels *mongo.Collection
	outbox  *mongo.Collection
}

func newStore(db *mongo.Database) *store {
	return &store{parcels: db.Collection("parcels"), outbox: db.Collection("parcel_outbox")}
}

// The parcel and what is told of it, in one transaction.
func (s *store) Post(ctx context.Context, session mongo.Session, id string) error {
	_, err := session.WithTransaction(ctx, func(tx mongo.SessionContext) (any, error) {
		if _, err := s.parcels.InsertOne(tx, bson.M{"_id": id}); err != nil {
			return nil, err
		}
		return nil, s.addToOutbox(tx, entry{ID: id, Kind: "posted"})
	})
	return err
}

func (s *store) addToOutbox(ctx context.Context, e entry) error {
	_, err := s.outbox.InsertOne(ctx, e)
	return err
}

func (s *store) Due(ctx context.Context) ([]entry, error) {
	found, err := s.outbox.Find(ctx, bson.M{"sent": false})
	if err != nil {
		return nil, err
	}
	var out []entry
	return out, found.All(ctx, &out)
}

func (s *store) Sent(ctx context.Context, id string) error {
	_, err := s.outbox.UpdateOne(ctx, bson.M{"_id": id}, bson.M{"$set": bson.M{"sent": true}})
	return err
}

type sender struct{ writer *kafka.Writer }

func newSender(topic string) *sender {
	return &sender{writer: &kafka.Writer{Topic: topic}}
}

func (s *sender) Send(ctx context.Context, kind string, body []byte) error {
	return s.writer.WriteMessages(ctx, kafka.Message{Key: []byte(kind), Value: body})
}

type relay struct {
	store  *store
	sender *sender
}

func (r *relay) Run(ctx context.Context) {
	for range time.Tick(time.Second) {
		r.round(ctx)
	}
}

func (r *relay) round(ctx context.Context) {
	entries, err := r.store.Due(ctx)
	if err != nil {
		return
	}
	for _, e := range entries {
		if err := r.sender.Send(ctx, e.Kind, e.Body); err == nil {
			_ = r.store.Sent(ctx, e.ID)
		}
	}
}

func main() {
	ctx := context.Background()
	client, _ := mongo.Connect(ctx)
	s := newStore(client.Database("parcels"))
	r := &relay{store: s, sender: newSender("parcel.events")}
	go r.Run(ctx)
	session, _ := client.StartSession()
	http.HandleFunc("/parcels", func(w http.ResponseWriter, req *http.Request) {
		_ = s.Post(req.Context(), session, req.FormValue("id"))
	})
	_ = http.ListenAndServe(":80", nil)
}
