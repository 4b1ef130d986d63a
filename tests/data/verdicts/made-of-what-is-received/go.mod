module example.com/e

go 1.24

require (
	github.com/EventStore/EventStore-Client-Go v1.0.2
	github.com/olivere/elastic/v7 v7.0.31
	golang.org/x/sync v0.1.0
)
