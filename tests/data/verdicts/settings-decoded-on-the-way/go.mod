module example.com/mailer

go 1.22

require (
	github.com/IBM/sarama v1.43.0
	github.com/mitchellh/mapstructure v1.5.0
)
