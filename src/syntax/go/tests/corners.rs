//! Code that is right.

use super::{body, check, file, full};
use crate::syntax::facts::{Expr, FuncId};
use crate::syntax::go::{Bodies, parse};

#[test]
fn literals() {
    check(
        body,
        &[
            (r#"f("a\tb\"\x41\u00e9\101\U0001F600\\")"#, r#"(f "a\tb\"AéA😀\\")"#),
            (r#"f("\xc3\xa9", "\xff", "\q")"#, "(f \"é\" \"\u{fffd}\" \"\\\\q\")"),
            ("f(`a\\n\r\n\"b`)", r#"(f "a\\n\n\"b")"#),
            ("f(``, \"\")", r#"(f "" "")"#),
            (r"f('a', '\'', '\\', '本', '\u12e4')", r"(f 'a' '\'' '\\' '本' '\u12e4')"),
            ("f(1_000, 0x1e+2, 1e+2, .5, 0x1p-2, 3i, 0o17)", "(f 1_000 (Add 0x1e 2) 1e+2 .5 0x1p-2 3i 0o17)"),
            ("f(nil, true, false, größe, _x1)", "(f nil true false größe _x1)"),
        ],
    );
}

#[test]
fn operators() {
    check(
        body,
        &[
            ("_ = a || b && c == d+e*f", "[_] = [(Or a (And b (Equal c (Add d (Mul e f)))))]"),
            ("_ = a - b - c", "[_] = [(Sub (Sub a b) c)]"),
            (
                "_ = -a + !b ^ ^c &^ d << 2",
                "[_] = [(Other (Add (Negate a) (Not b)) (Other (Other (Other c) d) 2))]",
            ),
            ("_ = *p * *q & &r", "[_] = [(Other (Mul (Deref p) (Deref q)) (AddressOf r))]"),
            ("_ = (a + b) * <-c", "[_] = [(Mul (Add a b) (Receive c))]"),
            ("_ = a < b, c > d", "[_] = [(Less a b) (Greater c d)]"),
        ],
    );
}

#[test]
fn postfix() {
    check(
        body,
        &[
            ("a.b.c(x, y...)", "(a.b.c x y...)"),
            ("a.\n\tb().\n\tc()", "((a.b).c)"),
            ("f(\n\tx,\n)", "(f x)"),
            ("_ = a[1:2][:][i:j:k][0]", "[_] = [a[:][:][:][0]]"),
            (
                "_ = x.(T).(*p.T).(interface{ M() })",
                "[_] = [x.(T).((Deref p.T)).(type _ interface{func M()})]",
            ),
            ("f[int](x)", "(f[int] x)"),
            (
                "p.F[[]int, map[string]func(int) error](x)",
                "(p.F[[]int map[string]func _(_:int)->(_:error)] x)",
            ),
            ("_ = w < x, y > (z)", "[_] = [(Less w x) (Greater y z)]"),
            (
                "[]byte(s); (*T)(p); (func())(x); (<-chan int)(y)",
                "([]byte s); ((Deref T) p); (func _() x); (chan int y)",
            ),
            (
                "make(chan<- T, 1); new(map[K]V); <-chan int(c)",
                "(make chan T 1); (new map[K]V); (Receive (chan int c))",
            ),
            ("_ = T.Method; _ = (*T).Method", "[_] = [T.Method]; [_] = [(Deref T).Method]"),
        ],
    );
}

#[test]
fn composites() {
    check(
        body,
        &[
            ("_ = T{1, 2}", "[_] = [T{1 2}]"),
            ("_ = &p.T{A: 1, B: \"x\",\n}", "[_] = [(AddressOf p.T{A:1 B:\"x\"})]"),
            ("_ = []T{{A: 1}, {}}", "[_] = [[]T{_{A:1} _{}}]"),
            ("_ = map[K]V{{1}: {2}, \"a\": {}}", "[_] = [map[K]V{_{1}:_{2} \"a\":_{}}]"),
            ("_ = [...]int{2: 1}", "[_] = [[]int{2:1}]"),
            ("_ = a[T]{x}; _ = p.G[int, string]{x}", "[_] = [a[T]{x}]; [_] = [p.G[int string]{x}]"),
            ("_ = struct{ A int }{1}", "[_] = [type _ struct{A:int}{1}]"),
            ("_ = [2]struct{}{}", "[_] = [[]type _ struct{}{}]"),
            ("if x == (T{1}) { a() }", "if (Equal x T{1}) {(a)}"),
            ("if f(T{1}) { a() }", "if (f T{1}) {(a)}"),
            ("if v == a[T] { b() }", "if (Equal v a[T]) {(b)}"),
            ("for _, x := range []T{a} { b() }", "for [_ x] range []T{a} {(b)}"),
            ("for x := range T { b() }", "for [x] range T {(b)}"),
            ("switch T {\ncase A{}: x()\n}", "switch T {case [A{}] {(x)}}"),
            (
                "if f := func() T { return T{} }; f() == x { }",
                "if [f] := [func _()->(_:T) {return [T{}]}]; (Equal (f) x) {}",
            ),
        ],
    );
}

#[test]
fn simple_statements() {
    check(
        body,
        &[
            ("a, b := f(), <-c", "[a b] := [(f) (Receive c)]"),
            (
                "x++; y--; z += 2; z -= 3; w <<= 1; u &^= 2",
                "[x] += [1]; [y] -= [1]; [z] += [2]; [z] -= [3]; [w] ?= [1]; [u] ?= [2]",
            ),
            ("m[k], p.f = 1, 2", "[m[k] p.f] = [1 2]"),
            ("ch <- <-in", "ch <- (Receive in)"),
            ("go f(); defer func() { recover() }()", "go (f); defer (func _() {(recover)})"),
            ("{ a(); }; ;;", "{(a)}"),
            ("return", "return []"),
            ("return a, nil", "return [a nil]"),
            ("L:\nfor { break L; continue L }; goto L", "for _; _; _ {Break; Continue}; Goto"),
            ("end:\n}\nfunc g() {", "}\nfunc g() {"),
            ("A: B: x()", "(x)"),
        ],
    );
}

#[test]
fn branches() {
    check(
        body,
        &[
            ("if a { b() } else if c { d() } else { e() }", "if a {(b)} else {if c {(d)} else {(e)}}"),
            ("if err := f(); err != nil { return }", "if [err] := [(f)]; (NotEqual err nil) {return []}"),
            ("if ; a { }", "if a {}"),
            ("for { }", "for _; _; _ {}"),
            ("for a < b { }", "for _; (Less a b); _ {}"),
            ("for i := 0; i < n; i++ { }", "for [i] := [0]; (Less i n); [i] += [1] {}"),
            ("for ; ; { }", "for _; _; _ {}"),
            ("for i := 0; ; { }", "for [i] := [0]; _; _ {}"),
            ("for range 10 { }", "for [] range 10 {}"),
            ("for i := range f.All() { }", "for [i] range (f.All) {}"),
            ("for a[0], b.c = range m { }", "for [a[0] b.c] range m {}"),
            ("for range ch { }", "for [] range ch {}"),
        ],
    );
}

#[test]
fn switches() {
    check(
        body,
        &[
            (
                "switch { case a, b: x(); fallthrough; default: y() }",
                "switch _ {case [a b] {(x); Fallthrough}; case [] {(y)}}",
            ),
            ("switch x := f(); x.y { case 1: }", "switch [x] := [(f)]; x.y {case [1] {}}"),
            ("switch x := f(); { }", "switch [x] := [(f)]; _ {}"),
            (
                "switch v := x.(type) { case int, *T: a(v); case nil: ; case []p.T, map[K]V, func(int) error: }",
                "switch v := x.(_) {case [int (Deref T)] {(a v)}; case [nil] {}; case [[]p.T map[K]V func _(_:int)->(_:error)] {}}",
            ),
            (
                "switch a := 1; f(a).(type) { case chan int: case interface{}: case struct{}: }",
                "switch [a] := [1]; (f a).(_) {case [chan int] {}; case [type _ interface{}] {}; case [type _ struct{}] {}}",
            ),
            (
                "select { case v, ok := <-a: f(); case b <- 1: case <-ctx.Done(): return; default: }",
                "switch _ {on [v ok] := [(Receive a)] {(f)}; on b <- 1 {}; on (Receive (ctx.Done)) {return []}; case [] {}}",
            ),
            ("select {}", "switch _ {}"),
            ("switch x { case 1: L: default: a() }", "switch x {case [1] {}; case [] {(a)}}"),
            ("switch x {\ncase 1:\n\ta()\n\tb()\ncase 2:\n}", "switch x {case [1] {(a); (b)}; case [2] {}}"),
        ],
    );
}

#[test]
fn local_declarations() {
    check(
        body,
        &[
            ("var a, b T = f()", "[a b]:T := [(f)]"),
            ("var x []int", "[x]:[]int := []"),
            ("var ( a = 1; b int )", "[a] := [1]; [b]:int := []"),
            ("const c = \"x\"", "[c] := [\"x\"]"),
            ("const ( a T = iota; b; c = 5; d )", "[a]:T := [iota]; [b]:T := [iota]; [c] := [5]; [d] := [5]"),
            ("f(func(a, b int) { g() })", "(f func _(a:int b:int) {(g)})"),
        ],
    );
    let facts = full("package p\nfunc f() { type T struct{ A int }; type U = T }\n");
    let scopes: Vec<_> = facts.types.iter().map(|decl| (facts.text(decl.name), decl.scope)).collect();
    assert_eq!(scopes, [("T", Some(FuncId(0))), ("U", Some(FuncId(0)))]);
}

#[test]
fn functions() {
    check(
        file,
        &[
            ("func f()", "func f()"),
            (
                "func f(a, b int, c ...string) (n int, err error) {}",
                "func f(a:int b:int c:...string)->(n:int err:error) {}",
            ),
            ("func f(int, string, ...p.T) error {}", "func f(_:int _:string _:...p.T)->(_:error) {}"),
            ("func f(a []int, b [2]T, c [n]T) {}", "func f(a:[]int b:[]T c:[]T) {}"),
            (
                "func f(G[int], H[A, B], []T) (*T, map[K]V) {}",
                "func f(_:G[int] _:H[A B] _:[]T)->(_:(Deref T) _:map[K]V) {}",
            ),
            ("func f(a G[int], b *p.H[A, B]) {}", "func f(a:G[int] b:(Deref p.H[A B])) {}"),
            (
                "func f(func(int) (a, b), chan<- int, <-chan int, (T)) func() {}",
                "func f(_:func _(_:int)->(_:a _:b) _:chan int _:chan int _:T)->(_:func _()) {}",
            ),
            (
                "func (r *R[K, V]) M(x K) V { return r.m }",
                "func R.M<r:(Deref R[K V])>(x:K)->(_:V) {return [r.m]}",
            ),
            ("func (R) M() {}", "func R.M<_:R>() {}"),
            (
                "func f[K comparable, V int | ~string, W, X any](k K) {}",
                "func f[K:comparable V:(Other int (Other string)) W:any X:any](k:K) {}",
            ),
            (
                "func f[S ~[]E, E interface{ ~int; M() }](s S) {}",
                "func f[S:(Other []E) E:type _ interface{func M(); (Other int)}](s:S) {}",
            ),
        ],
    );
}

#[test]
fn types() {
    check(
        file,
        &[
            ("type A = p.B", "type A = p.B"),
            ("type A map[string][]*B", "type A map[string][](Deref B)"),
            ("type (\n\tA int\n\tB struct{}\n)", "type A int\ntype B struct{}"),
            (
                "type H func(ctx context.Context, e Event) error",
                "type H func _(ctx:context.Context e:Event)->(_:error)",
            ),
            (
                "type T struct {\n\tA, B int `json:\"a\"`\n\tC []T \"x\\ty\"\n\t*p.D\n\tE\n\tF[int]\n\tp.G[A] `g`\n\tH [4]byte\n\tI func()\n\t_ int\n\tJ struct{ K int }\n}",
                "type T struct{A:int \"json:\\\"a\\\"\"; B:int \"json:\\\"a\\\"\"; C:[]T \"x\\ty\"; ^D:(Deref p.D); ^E:E; ^F:F[int]; ^G:p.G[A] \"g\"; H:[]byte; I:func _(); _:int; J:type _ struct{K:int}}",
            ),
            (
                "type I interface {\n\tM(a int) error\n\tN()\n\tio.Reader\n\tG[int]\n\t~int | ~string\n}",
                "type I interface{func I.M(a:int)->(_:error); func I.N(); io.Reader; G[int]; (Other (Other int) (Other string))}",
            ),
            ("type P[T any] struct{ v T }", "type P[T:any] struct{v:T}"),
            ("type P[K comparable, V any] map[K]V", "type P[K:comparable V:any] map[K]V"),
            ("type P[T *C,] int", "type P[T:(Deref C)] int"),
            ("type P[T *C | D, U any] int", "type P[T:(Other (Deref C) D) U:any] int"),
            ("type P[T interface{ *C }] int", "type P[T:type _ interface{(Deref C)}] int"),
            ("type P[T ~[]E, E any] int", "type P[T:(Other []E) E:any] int"),
            ("type P[T []int] int", "type P[T:[]int] int"),
            ("type A [N]int", "type A []int"),
            ("type A [N * 2]int", "type A []int"),
            ("type A [p.N]int", "type A []int"),
            ("type A [len(x)]int", "type A []int"),
            ("type A []int", "type A []int"),
            ("type A[T any] = B[T]", "type A[T:any] = B[T]"),
        ],
    );
}

#[test]
fn file_level() {
    check(
        file,
        &[
            (
                "import \"a\"\nimport ( b \"c/d\"; . \"e\"; _ `f`\n)",
                "import _ \"a\"\nimport b \"c/d\"\nimport . \"e\"\nimport _ \"f\"",
            ),
            ("var a, b = f()", "var a _ = (f)\nvar b _ = (f)"),
            ("var a, b int = 1, 2", "var a int = 1\nvar b int = 2"),
            ("var h = func(x int) { g(x) }", "var h _ = func _(x:int) {(g x)}"),
            (
                "const (\n\tA, B = iota, \"b\"\n\tC, D\n\t_, _\n\tE, F = 1, 2\n)",
                "const A _ = iota\nconst B _ = \"b\"\nconst C _ = iota\nconst D _ = \"b\"\nconst _ _ = iota\nconst _ _ = \"b\"\nconst E _ = 1\nconst F _ = 2",
            ),
            ("const (\n\tA T = \"a\"\n\tB\n)", "const A T = \"a\"\nconst B T = \"a\""),
            (
                "const X = 1 /* flowaudit: no */ // flowaudit:ignore this\nvar s = \"flowaudit:\"",
                "const X _ = 1\nvar s _ = \"flowaudit:\"\ndirective \"/* flowaudit: no */\"\ndirective \"// flowaudit:ignore this\"",
            ),
            ("func f() { x() /* a\n*/ y() }", "func f() {(x); (y)}"),
            ("func f() { x() /* a */ ; y() } // end", "func f() {(x); (y)}"),
        ],
    );
}

#[test]
fn line_ends_and_marks() {
    let facts = parse(b"\xef\xbb\xbfpackage p\r\n\r\nfunc f() {\r\n\tg()\r\n}\r\n", Bodies::Full);
    assert_eq!(crate::syntax::dump::dump(&facts), "func f() {(g)}");
    assert_eq!(facts.lines.len(), 6);
    assert_eq!((facts.line(facts.funcs[0].pos), facts.column(facts.funcs[0].pos)), (3, 6));
    assert!(full("").problems.len() == 1 && full("package p").problems.is_empty());
}

#[test]
fn positions() {
    let facts =
        full("package p\nfunc f() {\n\ta.\n\t\tb(x).\n\t\tc[int](y)\n}\nvar g = func() { func() {}() }\n");
    let calls: Vec<u32> = facts
        .exprs
        .iter()
        .zip(&facts.expr_pos)
        .filter(|(expr, _)| matches!(expr, Expr::Call { .. }))
        .map(|(_, &pos)| facts.line(pos))
        .collect();
    assert_eq!(calls, [4, 5, 7]);
    assert_eq!(facts.funcs[0].end, 46);
    let parents: Vec<_> = facts.funcs.iter().map(|func| func.parent).collect();
    assert_eq!(parents, [None, None, Some(FuncId(1))]);
}

#[test]
fn skipped_bodies() {
    let source = "package p\nfunc a() { if x { \"}\" } // }\n '}' /* } */ `}\n` }\nfunc (t T) b() int { return 1 }\nvar c = func() { d() }\n";
    let facts = parse(source.as_bytes(), Bodies::Skip);
    assert_eq!(crate::syntax::dump::dump(&facts), "var c _ = func _()\nfunc a()\nfunc T.b<t:T>()->(_:int)");
    assert_eq!(&source[..facts.funcs[0].end as usize][51..], " `}\n` }");
}
