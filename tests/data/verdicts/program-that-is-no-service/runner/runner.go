package runner

// Service is what each program runs; a demonstration is one more of them.
type Service interface{ Init() error }

func Run(s Service) error { return s.Init() }
