module example.com/flows

go 1.22

require github.com/twmb/franz-go v1.17.0
