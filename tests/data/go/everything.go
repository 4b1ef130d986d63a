// Package everything holds a bit of all of Go's grammar; it need not make sense, only parse.
package everything

import (
	"context"
	f "fmt"
	. "strings"
	_ "embed"
)

// flowaudit:example a comment that speaks to the tool
const (
	A, B = iota, 1 << iota
	C, D
	_, _
	E = "e" + `raw
string` + "esc\"aped\t\u00e9"
)

const typed time.Duration = 5 * time.Second

var (
	x, y   = pair()
	z      int
	r      = 'a' + '\'' + '\u12e4' + '本'
	h      = func(a, b int, rest ...string) (sum int, err error) { return a + b, nil }
	nested = map[string][]struct{ K, V int }{"a": {{1, 2}, {K: 3}}, "b": nil}
	arr    = [...]string{2: "two", 0: "zero"}
	conv   = (<-chan int)(nil)
	meth   = (*T).Method
	num    = 0x1e+2 - 1e-3*0x1p-2 + .5 + 1_000i
)

type (
	Alias                 = map[string]interface{}
	ID                    string
	Handler               func(ctx context.Context, events ...*Event) error
	Pair[K comparable, V any] struct {
		Key K `json:"key"`
		Val V "val"
	}
	Number interface {
		~int | ~int64 | float64
		String() string
		Compare(Number) (less, equal bool)
	}
	Array  [A * 2]int
	Ptr[P *int,] struct{}
	List[T interface{ ~[]E }, E any] []T
)

type T struct {
	*Pair[string, int]
	f.Stringer
	ID
	a, b int
	ch   chan<- <-chan int
	fn   func(int, ...string) (bool, error)
	arr  [4][]*T
	in   interface {
		Number
		M()
	}
	_ struct{}
}

func (t *T) Method(ctx context.Context, opts ...Option) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = f.Errorf("recovered: %v", r)
		}
	}()
	v, ok := <-t.ch
	t.a, t.b = t.b, t.a
	t.a++
	t.b <<= 2
	if v := t.arr[0][1:2:3]; len(v) > 0 && ok || !ok {
		go t.Method(ctx, opts...)
	} else if x, err := Map[int, string](nil, func(i int) string { return "" }); err != nil {
		return
	} else {
		goto end
	}
outer:
	for i, j := 0, 10; i < j; i, j = i+1, j-1 {
		for range 3 {
			continue outer
		}
		for k := range t.arr {
			break outer
		}
		for k, v := range (Alias{"k": T{}}) {
			_ = k
		}
		for {
		}
		for ok {
		}
	}
	switch x := any(t).(type) {
	case nil, *T, func(int) string, map[string]int, []byte, chan int, struct{}:
		_ = x
	case interface{ M() }:
		fallthrough
	default:
	}
	switch n := len(E); {
	case n > 1:
		f.Println(n)
	}
	switch E {
	}
	select {
	case ev, ok := <-t.ch:
		_ = ev
	case t.ch <- make(chan int, 1):
	case <-ctx.Done():
		return 0, ctx.Err()
	default:
	}
	var local, other []Pair[string, int] = nil, []Pair[string, int]{{Key: "k"}}
	const half = 0.5
	type inner struct{ T }
	client.
		Topic("orders").
		Publish(ctx, &pubsub.Message{Data: []byte(`{"a": 1}`), Attributes: map[string]string{"k": "v"}}).
		Get(ctx)
	if p := (Pair[int, string]{1, "x"}); p.Key < 2 {
	}
	for _, p := range []Pair[int, string]{{1, "a"}, {2, "b"}} {
		_ = p
	}
	_ = a[T](x)
	_, _ = w < x, y > (z)
	_ = *p * *q &^ -1
	{
		;
	}
end:
}

func Map[X any, Y ~string | ~int](in []X, fn func(X) Y) (out []Y, _ error) { return }

func external(int, string, ...interface{}) bool
