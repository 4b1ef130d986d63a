package box

var makers = map[string]func() any{}

func Register(name string, make func() any) { makers[name] = make }

func Get[T any](name string) T { return makers[name]().(T) }
