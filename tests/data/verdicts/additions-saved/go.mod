module example.com/additions

go 1.22
