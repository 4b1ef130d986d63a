package products

import (
	"context"

	"go.mongodb.org/mongo-driver/mongo"

	"example.com/stores/repo"
)

type Product struct{ ID, Name string }

type Products interface {
	Create(ctx context.Context, p *Product) error
}

type inDocuments struct {
	generic repo.Plain[*Product]
}

func New(db *mongo.Client) Products {
	generic := repo.Documents[*Product](db, "products")
	return &inDocuments{generic: generic}
}

func (p *inDocuments) Create(ctx context.Context, product *Product) error {
	return p.generic.Add(ctx, product)
}
