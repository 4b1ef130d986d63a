//! The Go front end against a full parser, over whole trees of files.
//!
//! The trees are `tests/data/go`, `fixtures/platform` when it is there, and every directory in
//! `FLOWAUDIT_CORPUS` (separated by `:`). Both parsers list the functions, named calls, string
//! literals and typed composite literals of each file by byte offset, and the lists are compared.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flowaudit::syntax::facts::{Expr, ExprId, Facts, FuncId};
use flowaudit::syntax::go::{Bodies, parse};
use tree_sitter::{Node, Parser};

/// Offset and what stands there.
type Item = (usize, String);

/// What one parser found in one file.
#[derive(Default)]
struct Listing {
    functions: BTreeSet<Item>,
    calls: BTreeSet<Item>,
    strings: BTreeSet<Item>,
    composites: BTreeSet<Item>,
}

#[derive(Default)]
struct Tally {
    files: usize,
    skipped: usize,
    bytes: usize,
    agreed: usize,
    differences: Vec<String>,
    problems: Vec<String>,
}

#[test]
fn agrees_with_tree_sitter() {
    for root in corpora() {
        let tally = compare_tree(&root);
        let total = tally.agreed + tally.differences.len();
        println!(
            "{}: {} files ({} with errors in tree-sitter), {} bytes, {total} items, {} differences, {} problems",
            root.display(),
            tally.files,
            tally.skipped,
            tally.bytes,
            tally.differences.len(),
            tally.problems.len(),
        );
        for line in tally.differences.iter().chain(&tally.problems).take(40) {
            println!("  {line}");
        }
        assert!(tally.problems.is_empty(), "problems in files that parse: {:#?}", tally.problems);
        assert!(
            tally.differences.len() * 1000 <= total,
            "{}: {} of {total} items differ",
            root.display(),
            tally.differences.len()
        );
    }
}

/// `cargo test --release --test go_differential -- --ignored --nocapture throughput`
#[test]
#[ignore = "a measurement"]
fn throughput() {
    for root in corpora() {
        let files: Vec<Vec<u8>> =
            go_files(&root).iter().filter_map(|path| std::fs::read(path).ok()).collect();
        let bytes: usize = files.iter().map(Vec::len).sum();
        for bodies in [Bodies::Full, Bodies::Skip] {
            let mut best = Duration::MAX;
            for _ in 0..9 {
                let start = Instant::now();
                let exprs: usize = files.iter().map(|file| parse(file, bodies).exprs.len()).sum();
                assert!(exprs > 0 || files.is_empty());
                best = best.min(start.elapsed());
            }
            let rate = bytes as u128 / best.as_micros().max(1);
            println!("{} {bodies:?}: {bytes} bytes in {best:?}, {rate} MB/s", root.display());
        }
    }
}

fn corpora() -> Vec<PathBuf> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut roots = vec![home.join("tests/data/go"), home.join("fixtures/platform")];
    if let Some(more) = std::env::var_os("FLOWAUDIT_CORPUS") {
        roots.extend(std::env::split_paths(&more));
    }
    roots.retain(|root| root.is_dir());
    roots
}

fn go_files(root: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = ignore::WalkBuilder::new(root)
        .standard_filters(false)
        .build()
        .filter_map(Result::ok)
        .map(ignore::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|ext| ext == "go") && path.is_file())
        .collect();
    files.sort();
    files
}

fn compare_tree(root: &Path) -> Tally {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).expect("the grammar loads");
    let mut tally = Tally::default();
    for path in go_files(root) {
        let source = std::fs::read(&path).expect("the file is readable");
        let tree = parser.parse(&source, None).expect("tree-sitter parses");
        let facts = parse(&source, Bodies::Full);
        tally.files += 1;
        tally.bytes += source.len();
        if tree.root_node().has_error() {
            println!("  tree-sitter: errors in {} (ours: {:?})", path.display(), facts.problems);
            tally.skipped += 1;
            continue;
        }
        for problem in &facts.problems {
            let line = facts.line(problem.pos);
            tally.problems.push(format!("{}:{line}: {}", path.display(), problem.message));
        }
        compare(&path, &facts, &listing(&tree.root_node(), &source), &ours(&facts, &source), &mut tally);
    }
    tally
}

fn compare(path: &Path, facts: &Facts, theirs: &Listing, ours: &Listing, tally: &mut Tally) {
    let pairs = [
        ("function", &theirs.functions, &ours.functions),
        ("call", &theirs.calls, &ours.calls),
        ("string", &theirs.strings, &ours.strings),
        ("composite", &theirs.composites, &ours.composites),
    ];
    for (what, theirs, ours) in pairs {
        tally.agreed += theirs.intersection(ours).count();
        for (side, only) in [("missing", theirs.difference(ours)), ("extra", ours.difference(theirs))] {
            for (at, text) in only {
                let line = facts.line(*at as u32);
                tally.differences.push(format!("{}:{line}: {side} {what} {text}", path.display()));
            }
        }
    }
}

/// What our facts list.
fn ours(facts: &Facts, source: &[u8]) -> Listing {
    let mut found = Listing::default();
    // Interface methods have a name too.
    let abstract_methods: BTreeSet<FuncId> =
        facts.types.iter().flat_map(|decl| decl.methods.iter().copied()).collect();
    for (at, func) in facts.funcs.iter().enumerate() {
        if !func.name.is_empty() && !abstract_methods.contains(&FuncId(at as u32)) {
            found.functions.insert((func.pos as usize, facts.text(func.name).to_owned()));
        }
    }
    for (at, expr) in facts.exprs.iter().enumerate() {
        let pos = facts.expr_pos[at] as usize;
        match *expr {
            Expr::Call { callee, .. } => {
                if let Some(name) = called(facts, callee) {
                    found.calls.insert((pos, name));
                }
            }
            Expr::Str(text) => {
                // Escapes have their own tests.
                let rest = &source[pos + 1..];
                let verbatim = rest
                    .strip_prefix(facts.text(text).as_bytes())
                    .is_some_and(|after| after.starts_with(&source[pos..=pos]));
                let text = if verbatim { facts.text(text) } else { "(escaped)" };
                found.strings.insert((pos, text.to_owned()));
            }
            Expr::Composite { ty, .. } if !ty.is_none() => {
                found.composites.insert((pos, our_type(facts, ty)));
            }
            _ => {}
        }
    }
    found
}

fn called(facts: &Facts, callee: ExprId) -> Option<String> {
    match facts.expr(callee) {
        Expr::Name(name) | Expr::Field { name, .. } => Some(facts.text(name).to_owned()),
        Expr::Nil => Some("nil".to_owned()),
        Expr::Index { base, .. } => called(facts, base),
        _ => None,
    }
}

fn our_type(facts: &Facts, ty: ExprId) -> String {
    match facts.expr(ty) {
        Expr::SliceType(_) => "slice".to_owned(),
        Expr::MapType { .. } => "map".to_owned(),
        Expr::InlineType(_) => "struct".to_owned(),
        Expr::Name(_) | Expr::Field { .. } | Expr::Index { .. } => called(facts, ty).unwrap_or_default(),
        other => format!("{other:?}"),
    }
}

/// What tree-sitter lists.
fn listing(root: &Node<'_>, source: &[u8]) -> Listing {
    let mut found = Listing::default();
    let mut waiting = vec![*root];
    while let Some(node) = waiting.pop() {
        visit(node, source, &mut found);
        let mut cursor = node.walk();
        waiting.extend(node.children(&mut cursor));
    }
    found
}

fn visit(node: Node<'_>, source: &[u8], found: &mut Listing) {
    match node.kind() {
        "function_declaration" | "method_declaration" => {
            let name = node.child_by_field_name("name").expect("a function has a name");
            found.functions.insert((name.start_byte(), text(name, source)));
        }
        "call_expression" => {
            let callee = node.child_by_field_name("function").and_then(last_name);
            found.calls.extend(callee.map(|name| (name.start_byte(), text(name, source))));
        }
        "type_conversion_expression" => {
            let callee = node.child_by_field_name("type").and_then(last_name);
            found.calls.extend(callee.map(|name| (name.start_byte(), text(name, source))));
        }
        "interpreted_string_literal" | "raw_string_literal" => {
            let parent = node.parent().map_or("", |parent| parent.kind());
            if !matches!(parent, "import_spec" | "field_declaration") {
                let literal = text(node, source);
                let inner = &literal[1..literal.len() - 1];
                let escaped = if literal.starts_with('"') { '\\' } else { '\r' };
                let inner = if inner.contains(escaped) { "(escaped)" } else { inner };
                found.strings.insert((node.start_byte(), inner.to_owned()));
            }
        }
        "composite_literal" => {
            let ty = node.child_by_field_name("type").expect("a composite literal has a type");
            found.composites.insert((ty.start_byte(), their_type(ty, source)));
        }
        _ => {}
    }
}

/// The name a callee or type ends with.
fn last_name(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "identifier" | "type_identifier" | "field_identifier" | "nil" | "true" | "false" => Some(node),
        "selector_expression" => node.child_by_field_name("field"),
        "qualified_type" => node.child_by_field_name("name"),
        "generic_type" => node.child_by_field_name("type").and_then(last_name),
        "index_expression" | "type_instantiation_expression" => {
            node.child_by_field_name("operand").or_else(|| node.named_child(0)).and_then(last_name)
        }
        "parenthesized_expression" | "parenthesized_type" => node.named_child(0).and_then(last_name),
        _ => None,
    }
}

fn their_type(node: Node<'_>, source: &[u8]) -> String {
    match node.kind() {
        "slice_type" | "array_type" | "implicit_length_array_type" => "slice".to_owned(),
        "map_type" => "map".to_owned(),
        "struct_type" => "struct".to_owned(),
        _ => last_name(node).map_or_else(|| node.kind().to_owned(), |name| text(name, source)),
    }
}

fn text(node: Node<'_>, source: &[u8]) -> String {
    String::from_utf8_lossy(&source[node.byte_range()]).into_owned()
}
