module example.com/tasks

go 1.22

require github.com/RichardKnop/machinery v1.10.6
