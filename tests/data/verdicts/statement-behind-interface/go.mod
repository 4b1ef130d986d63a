module example.com/rotations

go 1.22

require github.com/riverqueue/river v0.11.4
