module example.com/parks

go 1.22
