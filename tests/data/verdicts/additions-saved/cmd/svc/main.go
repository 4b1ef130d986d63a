package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"github.com/nats-io/nats.go"
	"gorm.io/gorm"

	"example.com/additions/wallets"
)

type event struct {
	ID     string
	Owner  string
	Amount int64
	Label  string
	Lines  []int64
}

// Total is summed up of a message.
type Total struct {
	ID  string
	Sum int64
}

// Account is stored as it is.
type Account struct {
	ID     string `gorm:"primaryKey"`
	Sum    int64
	Labels []string `gorm:"serializer:json"`
	Status string
}

func main() {
	nc, _ := nats.Connect(nats.DefaultURL)
	db, _ := sql.Open("postgres", "")
	orm := &gorm.DB{}
	repo, rows := &wallets.Repo{DB: db}, &wallets.Rows{DB: orm}
	ctx := context.Background()
	on := func(topic string, handle func(e event) error) {
		nc.Subscribe(topic, func(m *nats.Msg) {
			var e event
			if err := json.Unmarshal(m.Data, &e); err == nil {
				_ = handle(e)
			}
		})
	}

	// Adds through a pointer receiver: missing.
	on("wallet.added", func(e event) error {
		w, err := repo.Find(ctx, e.ID)
		if err != nil {
			return err
		}
		w.Add(e.Amount)
		return repo.Save(ctx, w)
	})
	// Sets, and counts the writes: upsert.
	on("wallet.renamed", func(e event) error {
		w, err := repo.Find(ctx, e.ID)
		if err != nil {
			return err
		}
		w.Rename(e.Owner)
		return repo.Save(ctx, w)
	})
	// The sum is worked out on the way to the write: missing.
	on("wallet.spent", func(e event) error {
		w, err := repo.Find(ctx, e.ID)
		if err != nil {
			return err
		}
		return repo.SetBalance(ctx, e.ID, w.Balance()-e.Amount)
	})
	// Through a record of its own: missing.
	on("wallet.topped", func(e event) error {
		w, err := rows.Find(ctx, e.ID)
		if err != nil {
			return err
		}
		w.Add(e.Amount)
		return rows.Save(ctx, w)
	})
	// A field of a field: missing.
	on("wallet.raised", func(e event) error {
		w, err := rows.Find(ctx, e.ID)
		if err != nil {
			return err
		}
		w.Limits.Daily = w.Limits.Daily + e.Amount
		return rows.Save(ctx, w)
	})
	// What is added to is not what is written: upsert.
	on("wallet.labelled", func(e event) error {
		w, err := rows.Find(ctx, e.ID)
		if err != nil {
			return err
		}
		w.Labels = append(w.Labels, e.Label)
		w.Owner = e.Owner
		return rows.Save(ctx, w)
	})
	// Summed up anew from each message: upsert.
	on("total.asked", func(e event) error {
		total := Total{ID: e.ID}
		for _, line := range e.Lines {
			total.Sum += line
		}
		return orm.Save(&total).Error
	})
	// A list that is stored grows: missing.
	on("account.labelled", func(e event) error {
		var account Account
		if err := orm.First(&account, "id = ?", e.ID).Error; err != nil {
			return err
		}
		account.Labels = append(account.Labels, e.Label)
		return orm.Save(&account).Error
	})
	// It grows only where the label is not there: entity-state.
	on("account.labelled.once", func(e event) error {
		var account Account
		if err := orm.First(&account, "id = ?", e.ID).Error; err != nil {
			return err
		}
		if !slices.Contains(account.Labels, e.Label) {
			account.Labels = append(account.Labels, e.Label)
		}
		return orm.Save(&account).Error
	})
	// The state ends a second delivery: entity-state.
	on("account.settled", func(e event) error {
		var account Account
		if err := orm.First(&account, "id = ?", e.ID).Error; err != nil {
			return err
		}
		if account.Status == "settled" {
			return nil
		}
		account.Sum -= e.Amount
		account.Status = "settled"
		return orm.Save(&account).Error
	})
	// Changed by a function that is given: missing.
	on("account.changed", func(e event) error {
		return change(orm, e.ID, func(account *Account) { account.Sum += e.Amount })
	})
	// Set by a function that is given: upsert.
	on("account.set", func(e event) error {
		return change(orm, e.ID, func(account *Account) { account.Sum = e.Amount })
	})
	select {}
}

func change(orm *gorm.DB, id string, apply func(*Account)) error {
	account := &Account{}
	if err := orm.First(account, "id = ?", id).Error; err != nil {
		return err
	}
	apply(account)
	return orm.Save(account).Error
}
