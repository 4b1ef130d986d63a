module example.com/jobs

go 1.24

require (
	github.com/jackc/pgx/v5 v5.7.0
	github.com/riverqueue/river v0.14.0
	go-micro.dev/v4 v4.11.0
)
