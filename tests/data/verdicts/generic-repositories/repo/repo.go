// Package repo has one interface of repositories and two kinds of them.
package repo

import (
	"context"

	"go.mongodb.org/mongo-driver/mongo"
	"gorm.io/gorm"
)

type Repository[M, E any] interface {
	Add(ctx context.Context, entity E) error
}

type Plain[E any] interface {
	Repository[E, E]
}

type documents[M, E any] struct {
	db   *mongo.Client
	name string
}

func Documents[E any](db *mongo.Client, name string) Plain[E] {
	return &documents[E, E]{db: db, name: name}
}

func (d *documents[M, E]) Add(ctx context.Context, entity E) error {
	_, err := d.db.Database("shop").Collection(d.name).InsertOne(ctx, entity)
	return err
}

type rows[M, E any] struct {
	db *gorm.DB
}

func Rows[E any](db *gorm.DB) Plain[E] { return &rows[E, E]{db: db} }

func (r *rows[M, E]) Add(ctx context.Context, entity E) error {
	return r.db.WithContext(ctx).Create(entity).Error
}
