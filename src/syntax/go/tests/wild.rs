//! Bytes that are not Go, or only nearly: parsing ends, without a panic, with indices that hold.

use proptest::prelude::*;

use crate::syntax::facts::{Expr, ExprId, Facts};
use crate::syntax::go::{Bodies, parse};

/// A file with a bit of everything.
const SEED: &str = include_str!("../../../../tests/data/go/everything.go");

/// Pieces that open, close or confuse.
const PIECES: [&str; 44] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "`",
    "'",
    "/*",
    "*/",
    "//",
    "\n",
    ";",
    ",",
    ":",
    ":=",
    "=",
    ".",
    "...",
    "<-",
    "*",
    "~",
    "|",
    "func ",
    "func (",
    "type ",
    "type T[",
    "const (",
    "var ",
    "if ",
    "else ",
    "for ",
    "range ",
    "switch ",
    "case ",
    "default:",
    "select {",
    "struct {",
    "interface {",
    "map[",
    "chan ",
    "L: ",
    "\u{feff}",
];

fn run(source: &[u8]) {
    for bodies in [Bodies::Full, Bodies::Skip] {
        let facts = parse(source, bodies);
        assert!(facts.problems.len() <= crate::syntax::build::MAX_PROBLEMS);
        check(&facts, source.len() as u32);
    }
}

/// Every index leads somewhere, and every child of an expression comes before it.
fn check(facts: &Facts, len: u32) {
    assert_eq!(facts.exprs.len(), facts.expr_pos.len());
    assert_eq!(facts.stmts.len(), facts.stmt_pos.len());
    assert!(facts.expr_pos.iter().chain(&facts.stmt_pos).all(|&pos| pos <= len));
    assert!(facts.funcs.iter().all(|func| func.pos <= func.end && func.end <= len));
    let limit = facts.exprs.len() as u32;
    assert!(facts.expr_lists.iter().all(|id| id.is_none() || id.0 < limit));
    assert!(facts.stmt_lists.iter().all(|id| (id.0 as usize) < facts.stmts.len()));
    for (at, expr) in facts.exprs.iter().enumerate() {
        let before = |id: ExprId| assert!(id.is_none() || id.0 < at as u32);
        match *expr {
            Expr::Call { callee: base, args, .. } | Expr::Index { base, args } => {
                before(base);
                facts.list(args).iter().copied().for_each(before);
            }
            Expr::Binary { left, right, .. } => {
                before(left);
                before(right);
            }
            Expr::Str(text) | Expr::Name(text) => assert!(text.0 < facts.text_count()),
            Expr::Closure(func) | Expr::FuncType(func) => {
                assert!((func.0 as usize) < facts.funcs.len());
            }
            _ => {}
        }
    }
    crate::syntax::dump::dump(facts);
}

/// A change to make to a file: where (wrapping round), how much goes, what comes.
fn change() -> impl Strategy<Value = (usize, usize, String)> {
    let piece = prop_oneof![
        4 => proptest::sample::select(&PIECES[..]).prop_map(str::to_owned),
        1 => Just(String::new()),
        1 => ".{0,3}",
    ];
    (any::<usize>(), 0_usize..20, piece)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        run(&bytes);
    }

    #[test]
    fn any_pieces(pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..200)) {
        run(format!("package p\n{}", pieces.join("a")).as_bytes());
        run(pieces.concat().as_bytes());
    }

    #[test]
    fn mutations(changes in proptest::collection::vec(change(), 1..6)) {
        let mut bytes = SEED.as_bytes().to_vec();
        for (at, gone, piece) in changes {
            let at = at % (bytes.len() + 1);
            let end = bytes.len().min(at + gone);
            bytes.splice(at..end, piece.bytes());
        }
        run(&bytes);
    }
}

#[test]
fn every_prefix() {
    for end in 0..SEED.len() {
        run(&SEED.as_bytes()[..end]);
    }
}
