package ambiguous

// Blocks and literals.
func literals(v T, m map[string]T) {
	if v == (T{}) {
		use(v)
	}
	if f(T{A: 1}) && m["a"] == *(&T{A: 2}) {
		use(v)
	}
	for _, v := range []T{{A: 1}, {A: 2}} {
		use(v)
	}
	for range [2]struct{}{} {
	}
	switch (T{}) {
	case T{A: 1}, v:
	}
	if (func() bool { return T{} == v })() {
	}
	if x := []T{}; len(x) == 0 {
	}
	if _, ok := any(v).(interface{ M() }); ok {
	}
	switch f := func(t T) bool { return t == T{} }; {
	case f(T{}):
	}
	for i := (T{}).A; i < len(m); i++ {
	}
	if v.ok {
	}
	for v.ok {
	}
	if a[i] {
	}
	if a < b {
	}
}

// Generics and comparisons.
func generics() {
	_ = f[T](x)
	_ = p.G[K, V]{k: v}
	_ = p.G[K, []V](x)(y)
	_, _ = a < b, c > d
	_ = make(map[Key[K]]Val[V], 1)
	_ = List[T]{}.Map(func(t T) T { return t })
	var _ G[func(int) error, struct{ A int }, interface{ M() }, chan<- int, [2]int, *T]
	var _ func(G[int], H[A, B]) (G[int], error)
	_ = []G[int]{{}, {1}}
	_ = &G[int]{
		A: G[string]{B: "s"},
	}
}

type (
	A1 [N]int
	A2 [N * M]int
	A3 [len("abc")]int
	G1[P any] int
	G2[P *T,] int
	G3[P *T | Q, R any] int
	G4[P interface{ *T }] int
	G5[P ~int] int
	G6[P, Q any] struct{}
	G7[P []int] struct{}
)

// Types where values are expected.
func types(x any) {
	_ = []byte("s")
	_ = (*T)(nil)
	_ = (func(int) error)(nil)
	_ = (<-chan int)(nil)
	_ = map[string][]int(nil)
	_ = interface{}(x)
	_ = [...]string{1: "a", "b"}
	_ = new([]map[string]chan func())
	switch x.(type) {
	case chan<- int, <-chan int, func() (a, b int), [4]int, struct{ A int }, *T, p.T, G[int]:
	}
}

// Line ends.
func lines() (
	a int,
	err error,
) {
	x := 1 +
		2*
			3
	call(
		"a",
		func() {
			inner("b")
		},
	)
	a.b.
		c("d").e(
		"f")
	return /* a comment
	over a line end */
}

func oneLine() { a(); b(); if c { d() }; for { e() } }

var _ = func() int { return 1 }() + func() int { return 2 }()

func shadow(string, int string) (func(func() func()) func(), error)
