package main

import (
	"context"
	"encoding/json"

	"example.org/boxes"
	"github.com/nats-io/nats.go"
	"go.mongodb.org/mongo-driver/mongo"
	"gorm.io/gorm"

	"example.com/stores/products"
	"example.com/stores/repo"
)

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	db, _ := mongo.Connect(context.Background())
	box := boxes.New(products.New(db))
	audit := repo.Rows[string](&gorm.DB{})
	_ = audit.Add(context.Background(), "started")
	nc.Subscribe("product.created", func(m *nats.Msg) {
		var p products.Product
		if err := json.Unmarshal(m.Data, &p); err != nil {
			return
		}
		// What the box gives is not known, but there is one kind of it.
		_ = box.Open("products").(products.Products).Create(context.Background(), &p)
	})
	select {}
}
