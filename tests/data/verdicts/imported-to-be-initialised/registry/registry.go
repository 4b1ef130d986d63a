package registry

// Input is a source of messages.
type Input interface{ Start() error }

var inputs = map[string]func() Input{}

// Register keeps how an input is made.
func Register(name string, make func() Input) { inputs[name] = make }

// All gives every input that was kept.
func All() map[string]func() Input { return inputs }
