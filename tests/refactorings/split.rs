//! Splitting functions into helpers: the last statements of a function become a method of its own,
//! or one call that it makes goes through one.
//!
//! A helper's parameters need types, and there is no type checker here: a place is passed over where
//! a type is not written down or plain from what is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tree_sitter::Node;

use super::edits::{Dice, Files, has, is_test};
use super::source::{Edit, Source, apply, children, declared, statements, walk};

/// Types that are called the same in every package.
const EVERYWHERE: [&str; 9] =
    ["error", "bool", "string", "int", "int32", "int64", "float64", "[]byte", "[]string"];

/// What functions give, by name: `None` where those of one name differ.
type Results = BTreeMap<String, Option<Vec<String>>>;

/// Splits functions; gives how many helpers there are now.
pub fn split(files: &mut Files, dice: &mut Dice, share: usize) -> usize {
    let results = results(files);
    let mut helpers = 0;
    for (_, text) in files.iter_mut().filter(|(path, _)| !is_test(path)) {
        let source = Source::new(text);
        let mut edits: Vec<Edit> = Vec::new();
        for function in source.functions() {
            if function.child_by_field_name("type_parameters").is_some() || has(function, &["label_name"]) {
                continue;
            }
            let split = Split { source: &source, function, types: types(&source, function, &results) };
            let tail = if dice.percent(share) { split.tail(dice, helpers) } else { None };
            let upto = tail.as_ref().map_or(function.end_byte(), |(range, ..)| range.start);
            let mut behind = String::new();
            if let Some((range, with, helper)) = tail {
                helpers += 1;
                edits.push((range, with));
                behind.push_str(&helper);
            }
            for call in split.calls().into_iter().filter(|call| call.end_byte() <= upto) {
                if dice.percent(share)
                    && let Some((with, helper)) = split.call(call, helpers)
                {
                    helpers += 1;
                    edits.push((call.byte_range(), with));
                    behind.push_str(&helper);
                }
            }
            if !behind.is_empty() {
                edits.push((function.end_byte()..function.end_byte(), behind));
            }
        }
        *text = apply(text, edits);
    }
    helpers
}

struct Split<'s, 't> {
    source: &'s Source<'s>,
    function: Node<'t>,
    /// Types of the locals; `None` where it is not plain.
    types: BTreeMap<&'s str, Option<String>>,
}

impl<'t> Split<'_, 't> {
    fn body(&self) -> Node<'t> {
        self.function.child_by_field_name("body").expect("functions here have bodies")
    }

    /// The last statements: where they are, what stands there instead, and the helper.
    fn tail(&self, dice: &mut Dice, number: usize) -> Option<(std::ops::Range<usize>, String, String)> {
        let body = self.body();
        let statements = statements(body);
        let first = *statements.get(1 + dice.below(statements.len().saturating_sub(1)))?;
        let range = self.source.line_start(first)?..body.end_byte() - 1;
        let tail: Vec<Node<'_>> =
            statements.iter().copied().filter(|s| s.start_byte() >= first.start_byte()).collect();
        let result = self.function.child_by_field_name("result");
        let bare = |s: &Node<'t>| result.is_some() && bare_return(*s);
        let calls = tail.iter().any(|s| has(*s, &["call_expression"]));
        if !calls || tail.iter().any(bare) || !self.source.text[..body.end_byte() - 1].ends_with('\n') {
            return None;
        }
        let result = result.map(|r| given(self.source, r));
        let (call, head) = self.helper(&tail, number, result.as_deref())?;
        let back = if result.is_some() { "return " } else { "" };
        let text = &self.source.text[range.clone()];
        Some((range, format!("\t{back}{call}\n"), format!("{head} {{\n{text}}}")))
    }

    /// The calls that give one error: `if err := CALL; …`, `err = CALL`, `return CALL`.
    fn calls(&self) -> Vec<Node<'t>> {
        let mut out = Vec::new();
        let gives_error =
            self.function.child_by_field_name("result").map(|r| self.source.of(r)) == Some("error");
        walk(self.body(), &mut |node| {
            let right = match node.kind() {
                "short_var_declaration" | "assignment_statement"
                    if node.child_by_field_name("left").map(|l| self.source.of(l)) == Some("err") =>
                {
                    node.child_by_field_name("right")
                }
                "return_statement" if gives_error && !self.is_inner(node) => node.named_child(0),
                _ => None,
            };
            let only = right.filter(|r| r.named_child_count() == 1).and_then(|r| r.named_child(0));
            out.extend(
                only.filter(|call| call.kind() == "call_expression" && !has(*call, &["func_literal"])),
            );
        });
        out
    }

    /// Whether a node stands in a closure.
    fn is_inner(&self, node: Node<'_>) -> bool {
        let mut above = node.parent();
        while let Some(parent) = above.filter(|p| p.id() != self.function.id()) {
            if parent.kind() == "func_literal" {
                return true;
            }
            above = parent.parent();
        }
        false
    }

    /// One call: what stands there instead, and the helper.
    fn call(&self, call: Node<'t>, number: usize) -> Option<(String, String)> {
        let (instead, head) = self.helper(&[call], number, Some("error"))?;
        Some((instead, format!("{head} {{\n\treturn {}\n}}", self.source.of(call))))
    }

    /// The call of a helper for what `nodes` do and the helper's head; `None` where a type that it
    /// needs is not plain.
    fn helper(&self, nodes: &[Node<'t>], number: usize, result: Option<&str>) -> Option<(String, String)> {
        let receiver = self.function.child_by_field_name("receiver");
        let own = receiver.and_then(|r| declared(r).first().map(|n| self.source.of(*n)));
        let mut used: BTreeSet<&str> = BTreeSet::new();
        let start = nodes.first()?.start_byte();
        let outside: BTreeSet<&str> = declared(self.function)
            .into_iter()
            .filter(|n| n.start_byte() < start)
            .map(|n| self.source.of(n))
            .collect();
        for node in nodes {
            walk(*node, &mut |inner| {
                let name = self.source.of(inner);
                if inner.kind() == "identifier" && outside.contains(name) && Some(name) != own {
                    used.insert(name);
                }
            });
        }
        used.remove("_");
        let mut parameters = Vec::new();
        for name in &used {
            parameters.push(format!("{name} {}", self.types.get(name)?.as_ref()?));
        }
        let arguments = used.into_iter().collect::<Vec<_>>().join(", ");
        let (object, receiver) = match (own, receiver) {
            (Some(own), Some(receiver)) => (format!("{own}."), format!("{} ", self.source.of(receiver))),
            _ => (String::new(), String::new()),
        };
        let name = format!("part{number}");
        let result = result.map(|r| format!(" {r}")).unwrap_or_default();
        Some((
            format!("{object}{name}({arguments})"),
            format!("\n\nfunc {receiver}{name}({}){result}", parameters.join(", ")),
        ))
    }
}

/// Whether a statement has a `return` without values of the function it stands in.
fn bare_return(node: Node<'_>) -> bool {
    match node.kind() {
        "return_statement" => node.named_child_count() == 0,
        "func_literal" => false,
        _ => children(node).any(bare_return),
    }
}

/// A function's results as a helper gives them: without names.
fn given(source: &Source<'_>, result: Node<'_>) -> String {
    if result.kind() != "parameter_list" {
        return source.of(result).to_owned();
    }
    format!("({})", listed(source, result).join(", "))
}

/// The types of a list of parameters, one for each.
fn listed(source: &Source<'_>, list: Node<'_>) -> Vec<String> {
    children(list)
        .filter_map(|p| Some((p, source.of(p.child_by_field_name("type")?))))
        .flat_map(|(p, of)| {
            let names = children(p).filter(|n| n.kind() == "identifier").count();
            vec![of.to_owned(); names.max(1)]
        })
        .collect()
}

/// What every function and method of the tree gives: those of one name in one folder, and by name
/// alone those that give what is called the same everywhere.
fn results(files: &Files) -> Results {
    let mut out = Results::new();
    for (path, text) in files {
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        let source = Source::new(text);
        walk(source.root(), &mut |node| {
            if !matches!(node.kind(), "function_declaration" | "method_declaration" | "method_elem") {
                return;
            }
            let name = node.child_by_field_name("name").map_or("", |n| source.of(n));
            let list = match node.child_by_field_name("result") {
                Some(list) if list.kind() == "parameter_list" => listed(&source, list),
                Some(one) => vec![source.of(one).to_owned()],
                None => return,
            };
            let everywhere = list.iter().all(|t| EVERYWHERE.contains(&t.as_str()));
            let here = list.iter().all(|t| !t.contains('.'));
            let mut note = |key: String, fits: bool| {
                let entry = out.entry(key).or_insert_with(|| Some(list.clone()));
                if !fits || entry.as_ref().is_some_and(|e| *e != list) {
                    *entry = None;
                }
            };
            note(name.to_owned(), everywhere);
            note(format!("{}:{name}", folder.display()), here);
        });
    }
    out
}

/// The types of a function's locals; `None` for one that is declared twice with different types or
/// whose type is not plain.
fn types<'s>(
    source: &'s Source<'s>,
    function: Node<'_>,
    results: &Results,
) -> BTreeMap<&'s str, Option<String>> {
    let mut out: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let mut told: Vec<(&str, Option<String>)> = Vec::new();
    walk(function, &mut |node| match node.kind() {
        "parameter_declaration" | "var_spec" => {
            let of = node.child_by_field_name("type").map(|n| source.of(n).to_owned());
            let mut cursor = node.walk();
            told.extend(node.children_by_field_name("name", &mut cursor).map(|n| (source.of(n), of.clone())));
        }
        "short_var_declaration" => {
            let sides = ["left", "right"].map(|side| node.child_by_field_name(side));
            let [Some(left), Some(right)] = sides else { return };
            let (left, right): (Vec<_>, Vec<_>) = (children(left).collect(), children(right).collect());
            for (index, name) in left.iter().enumerate() {
                let of = match right.get(index) {
                    Some(value) if left.len() == right.len() => plain(source, *value, results, 0, 1),
                    _ => right.first().and_then(|value| plain(source, *value, results, index, left.len())),
                };
                let last = index + 1 == left.len();
                let usual = match source.of(*name) {
                    "err" if last => Some("error".to_owned()),
                    "ok" if last && index == 1 => Some("bool".to_owned()),
                    _ => None,
                };
                told.push((source.of(*name), usual.or(of)));
            }
        }
        _ => {}
    });
    for name in declared(function) {
        out.entry(source.of(name)).or_insert(None);
    }
    let mut met: BTreeSet<&str> = BTreeSet::new();
    for (name, of) in told {
        let entry = out.entry(name).or_insert(None);
        *entry = if met.insert(name) || *entry == of { of } else { None };
    }
    out
}

/// The type of one of the values an expression gives, where it is plain.
fn plain(
    source: &Source<'_>,
    value: Node<'_>,
    results: &Results,
    index: usize,
    count: usize,
) -> Option<String> {
    match value.kind() {
        "composite_literal" => Some(source.of(value.child_by_field_name("type")?).to_owned()),
        "unary_expression" if source.of(value).starts_with('&') => {
            let of = plain(source, value.child_by_field_name("operand")?, results, 0, 1)?;
            Some(format!("*{of}"))
        }
        "interpreted_string_literal" => Some("string".to_owned()),
        "type_assertion_expression" if index == 0 => {
            Some(source.of(value.child_by_field_name("type")?).to_owned())
        }
        "call_expression" => {
            let callee = value.child_by_field_name("function")?;
            if source.of(callee) == "make" {
                return Some(source.of(value.child_by_field_name("arguments")?.named_child(0)?).to_owned());
            }
            let name = callee.child_by_field_name("field").unwrap_or(callee);
            let given = results.get(source.of(name))?.as_ref()?;
            (given.len() == count).then(|| given.get(index).cloned()).flatten()
        }
        _ => None,
    }
}
