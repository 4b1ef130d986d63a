module example.com/mail

go 1.22

require github.com/dapr/go-sdk v1.11.0
