// Package wallets keeps wallets.
package wallets

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// Wallet is a wallet.
type Wallet struct {
	ID      string
	Owner   string
	Version int
	Limits  Limits
	Labels  []string
	balance int64
	events  []string
}

// Limits are part of a wallet.
type Limits struct{ Daily int64 }

// Add puts an amount in.
func (w *Wallet) Add(amount int64) {
	w.balance += amount
	w.events = append(w.events, "added")
}

// Rename gives it another owner.
func (w *Wallet) Rename(owner string) {
	w.Owner = owner
	w.Version++
	w.events = append(w.events, "renamed")
}

// Balance is what is in it.
func (w *Wallet) Balance() int64 { return w.balance }

// Row is a wallet as it is stored.
type Row struct {
	ID      string
	Owner   string
	Balance int64
	Limits  Limits `gorm:"embedded"`
}

// Repo keeps them in SQL.
type Repo struct{ DB *sql.DB }

// Find looks one up.
func (r *Repo) Find(ctx context.Context, id string) (*Wallet, error) {
	w := &Wallet{ID: id}
	row := r.DB.QueryRowContext(ctx, "SELECT owner, balance FROM wallets WHERE id = $1", id)
	return w, row.Scan(&w.Owner, &w.balance)
}

// Save writes one.
func (r *Repo) Save(ctx context.Context, w *Wallet) error {
	_, err := r.DB.ExecContext(ctx, "UPDATE wallets SET owner = $1, balance = $2 WHERE id = $3", w.Owner, w.balance, w.ID)
	return err
}

// SetBalance writes what is in one.
func (r *Repo) SetBalance(ctx context.Context, id string, balance int64) error {
	_, err := r.DB.ExecContext(ctx, "UPDATE wallets SET balance = $1 WHERE id = $2", balance, id)
	return err
}

// Rows keeps them in rows.
type Rows struct{ DB *gorm.DB }

// Find looks one up.
func (r *Rows) Find(ctx context.Context, id string) (*Wallet, error) {
	var row Row
	if err := r.DB.WithContext(ctx).First(&row, "id = ?", id).Error; err != nil {
		return nil, err
	}
	return &Wallet{ID: row.ID, Owner: row.Owner, balance: row.Balance, Limits: row.Limits}, nil
}

// Save writes one.
func (r *Rows) Save(ctx context.Context, w *Wallet) error {
	row := Row{ID: w.ID, Owner: w.Owner, Balance: w.Balance(), Limits: w.Limits}
	return r.DB.WithContext(ctx).Save(&row).Error
}
