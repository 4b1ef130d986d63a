//! Code that is wrong: one problem that says what was expected, and the rest is read.

use super::{check, file, full};
use crate::syntax::build::MAX_PROBLEMS;

#[test]
fn one_bad_statement_costs_itself() {
    check(
        file,
        &[
            (
                "func f() {\n\ta()\n\tb(c d)\n\te()\n}",
                "func f() {(a); (b c); (e)}\nproblem 4: expected `,` or `)` in the arguments, found `d`",
            ),
            ("func f() {\n\tx := \n\ty()\n}", "func f() {[x] := [(y)]}"),
            (
                "func f() {\n\tx := T{a b}\n\ty()\n}",
                "func f() {[x] := [T{a}]; (y)}\nproblem 3: expected `,` or `}` in the literal, found `b`",
            ),
            (
                "func f() {\n\tif { a() }\n\ty()\n}",
                "func f() {if ? {}; (y)}\nproblem 3: expected a condition, found `{`",
            ),
            (
                "func f() {\n\tif x {\n\t\ta(]\n\t}\n\ty()\n}",
                "func f() {if x {(a ?)}; (y)}\nproblem 4: expected an expression, found `]`",
            ),
            (
                "func f() {\n\ta b\n\tc()\n}",
                "func f() {a; (c)}\nproblem 3: expected the end of the statement, found `b`",
            ),
            (
                "func f() {\n\tswitch x {\n\tcase 1 2:\n\t\ta()\n\tcase 3:\n\t\tb()\n\t}\n\tc()\n}",
                "func f() {switch x {case [1] {}; case [3] {(b)}}; (c)}\nproblem 4: expected `:` after the case, found `2`",
            ),
            (
                "func f() {\n\ts := \"open\n\tc()\n}",
                "func f() {[s] := [\"open\"]; (c)}\nproblem 3: string not terminated",
            ),
            (
                "func f() {\n\ta := 1 # 2\n\tc()\n}",
                "func f() {[a] := [1]; (c)}\nproblem 3: a character that Go does not have\nproblem 3: expected the end of the statement, found `2`",
            ),
        ],
    );
}

#[test]
fn one_bad_declaration_costs_itself() {
    check(
        file,
        &[
            (
                "func f() {\n\tif x {\n\t\ta()\n}\n\nfunc g() { b() }",
                "func f() {if x {(a)}}\nfunc g() {(b)}\nproblem 7: expected `}` before the next function, found `func`",
            ),
            (
                "func f() {\n\ta(\n}\nfunc (t *T) g() { b() }",
                "func f() {(a ?)}\nfunc T.g<t:(Deref T)>() {(b)}\nproblem 4: expected an expression, found `}`",
            ),
            (
                "func f() { a() }}\nfunc g() {}",
                "func f() {(a)}\nfunc g() {}\nproblem 2: expected the end of the declaration, found `}`",
            ),
            (
                "type T struct {\n\tA int B\n}\ntype U int",
                "type T struct{A:int}\ntype U int\nproblem 3: expected the end of the field's line, found `B`",
            ),
            (
                "var x = )\nconst c = 1",
                "var x _ = ?\nconst c _ = 1\nproblem 2: expected an expression, found `)`",
            ),
            ("hello world\nfunc g() {}", "func g() {}\nproblem 2: expected a declaration, found `hello`"),
            (
                "func f(a int {\n}\nfunc g() {}",
                "func f(a:int)\nfunc g() {}\nproblem 2: expected `,` or `)` in the parameters, found `{`",
            ),
            (
                "func f() {\n\tx(",
                "func f() {(x ?)}\nproblem 3: expected an expression, found the end of the file",
            ),
            ("/* open", "problem 2: comment not terminated"),
            ("var x = `open", "var x _ = \"open\"\nproblem 2: raw string not terminated"),
        ],
    );
}

/// Runs on a stack no larger than a worker's.
fn problems(source: String) -> Vec<String> {
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || full(&source).problems.into_iter().map(|problem| problem.message).collect())
        .expect("a thread starts")
        .join()
        .expect("no panic and no overflow")
}

#[test]
fn deep_nesting_is_one_problem() {
    let shapes = [
        ("func f() {\n x = ", "(", "1", ")", "\n}"),
        ("func f() {\n x = ", "(\n", "1", ")", "\n}"),
        ("func f() {\n x = ", "- ", "1", "", "\n}"),
        ("func f() {\n x = ", "f(", "", ")", "\n}"),
        ("func f() {\n x = ", "a[", "1", "]", "\n}"),
        ("func f() {\n x = T", "{", "", "}", "\n}"),
        ("func f() {\n x = ", "[]T{", "", "}", "\n}"),
        ("func f() ", "{", "", "}", "\n"),
        ("func f() {", "if a {", "", "}", "\n}"),
        ("func f() {", "switch { case a: ", "", "}", "\n}"),
        ("func f() {", "func() {", "", "}()", "\n}"),
        ("func f() {\n", "L: ", "x()", "", "\n}"),
        ("var x ", "[]", "T", "", "\n"),
        ("var x ", "*", "T", "", "\n"),
        ("var x ", "struct { a ", "int", "}", "\n"),
        ("var x ", "func(", "", ")", "\n"),
        ("type x ", "interface { m(", "", ") }", "\n"),
        ("type x[T ", "interface{ ", "", "}", "] int\n"),
    ];
    for (before, open, middle, close, after) in shapes {
        let source =
            format!("package p\n{before}{}{middle}{}{after}", open.repeat(10_000), close.repeat(10_000));
        let found = problems(source);
        assert_eq!(found.len(), 1, "{open}: {found:?}");
        assert!(found[0].starts_with("nested more than"), "{open}: {found:?}");
    }
}

#[test]
fn long_chains_are_no_problem() {
    let shapes = [
        "func f() {\n x = a".to_owned() + &" + a".repeat(10_000) + "\n}",
        "func f() {\n a".to_owned() + &".b(c)".repeat(10_000) + "\n}",
        "func f() {\n if a {}".to_owned() + &" else if b {}".repeat(900) + "\n}",
        "func f() {\n".to_owned() + &"if a {}\n".repeat(10_000) + "\n}",
    ];
    for source in shapes {
        assert_eq!(problems(format!("package p\n{source}")), [""; 0]);
    }
    let found =
        problems("package p\nfunc f() {\n if a {}".to_owned() + &" else if b {}".repeat(9000) + "\n}");
    assert_eq!(found, ["more than 1000 `else if` in a row; not read"]);
}

#[test]
fn problems_are_capped() {
    let found = problems("package p\n".to_owned() + &"func f() { a b }\n".repeat(100));
    assert_eq!(found.len(), MAX_PROBLEMS);
}
