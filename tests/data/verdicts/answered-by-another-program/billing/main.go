// Command billing answers the calls of orders: one adds, the other sets.
package main

import (
	"context"
	"database/sql"
	"net"

	"google.golang.org/grpc"

	"example.com/shop/pb"
)

type server struct {
	pb.UnimplementedBillingServer
	store Store
}

type Store interface {
	Add(ctx context.Context, order string, cents int64) error
	Close(ctx context.Context, order string) error
}

type table struct{ db *sql.DB }

func (t table) Add(ctx context.Context, order string, cents int64) error {
	_, err := t.db.ExecContext(ctx, "UPDATE accounts SET owed = owed + $2 WHERE id = $1", order, cents)
	return err
}

func (t table) Close(ctx context.Context, order string) error {
	_, err := t.db.ExecContext(ctx, "UPDATE accounts SET closed = true WHERE id = $1", order)
	return err
}

func (s *server) Charge(ctx context.Context, in *pb.ChargeRequest) (*pb.ChargeReply, error) {
	return &pb.ChargeReply{}, s.store.Add(ctx, in.Order, in.Cents)
}

func (s *server) Close(ctx context.Context, in *pb.CloseRequest) (*pb.CloseReply, error) {
	return &pb.CloseReply{}, s.store.Close(ctx, in.Order)
}

func main() {
	db, err := sql.Open("postgres", "")
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", ":9000")
	if err != nil {
		panic(err)
	}
	s := grpc.NewServer()
	pb.RegisterBillingServer(s, &server{store: table{db: db}})
	panic(s.Serve(listener))
}
