module example.com/e

go 1.24

require github.com/hibiken/asynq v0.24.1
