module example.com/nn

go 1.22
