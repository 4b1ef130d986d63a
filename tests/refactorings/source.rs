//! Go as a person refactoring it sees it: functions, locals, imports; and edits of its text.
//!
//! Read with tree-sitter, not with the product's own parser: what that one misreads must not hide
//! from the tests.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::{Node, Parser, Tree};

/// A Go file, parsed.
pub struct Source<'a> {
    pub text: &'a str,
    tree: Tree,
}

/// A piece of text and what stands there instead.
pub type Edit = (Range<usize>, String);

/// The text with edits that do not overlap.
pub fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, with) in edits {
        assert!(range.start >= at, "edits overlap at {}", range.start);
        out.push_str(&text[at..range.start]);
        out.push_str(&with);
        at = range.end;
    }
    out + &text[at..]
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Source<'a> {
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_go::LANGUAGE.into()).expect("the grammar loads");
        let tree = parser.parse(text, None).expect("a parser that nobody stops gives a tree");
        assert!(!tree.root_node().has_error(), "not Go:\n{text}");
        Source { text, tree }
    }

    pub fn of(&self, node: Node<'_>) -> &'a str {
        &self.text[node.byte_range()]
    }

    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    pub fn package(&self) -> &'a str {
        let clause = children(self.root()).find(|n| n.kind() == "package_clause").expect("a package clause");
        self.of(clause.named_child(0).expect("its name"))
    }

    /// The functions and methods of the file that have a body.
    pub fn functions(&self) -> Vec<Node<'_>> {
        let is_function = |n: &Node<'_>| matches!(n.kind(), "function_declaration" | "method_declaration");
        children(self.root()).filter(|n| is_function(n) && n.child_by_field_name("body").is_some()).collect()
    }

    /// What the file declares for its package: functions, types, constants, variables.
    pub fn declares(&self) -> BTreeSet<&'a str> {
        let mut out = BTreeSet::new();
        for node in children(self.root()) {
            match node.kind() {
                "function_declaration" => out.extend(node.child_by_field_name("name").map(|n| self.of(n))),
                "type_declaration" | "const_declaration" | "var_declaration" => {
                    walk(node, &mut |inner| match inner.kind() {
                        "type_spec" | "type_alias" | "const_spec" | "var_spec" => {
                            let mut cursor = inner.walk();
                            out.extend(inner.children_by_field_name("name", &mut cursor).map(|n| self.of(n)));
                        }
                        _ => {}
                    });
                }
                _ => {}
            }
        }
        out
    }

    pub fn imports(&self) -> Vec<Import<'a>> {
        let mut out = Vec::new();
        for node in children(self.root()).filter(|n| n.kind() == "import_declaration") {
            walk(node, &mut |inner| {
                if inner.kind() == "import_spec" {
                    let path = inner.child_by_field_name("path").expect("a path");
                    // One import without a block goes with its keyword.
                    let whole = if inner.parent() == Some(node) { node } else { inner };
                    out.push(Import {
                        text: self.of(inner),
                        alias: inner.child_by_field_name("name").map(|n| self.of(n)),
                        path: self.of(path).trim_matches('"'),
                        range: whole.byte_range(),
                    });
                }
            });
        }
        out
    }

    /// Names that stand before a dot somewhere in these bytes, in code.
    pub fn qualifiers(&self, within: &Range<usize>) -> BTreeSet<&'a str> {
        let mut out = BTreeSet::new();
        walk(self.root(), &mut |node| {
            let qualifier = match node.kind() {
                "selector_expression" => {
                    node.child_by_field_name("operand").filter(|n| n.kind() == "identifier")
                }
                "qualified_type" => node.child_by_field_name("package"),
                _ => None,
            };
            let inside = |n: &Node<'_>| within.start <= n.start_byte() && n.end_byte() <= within.end;
            out.extend(qualifier.filter(inside).map(|n| self.of(n)));
        });
        out
    }

    /// Where the line begins that a node is the first on; `None` when something stands before it.
    pub fn line_start(&self, node: Node<'_>) -> Option<usize> {
        let before = &self.text[..node.start_byte()];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        before[start..].trim().is_empty().then_some(start)
    }
}

/// A line of an import block.
pub struct Import<'a> {
    pub text: &'a str,
    pub alias: Option<&'a str>,
    pub path: &'a str,
    pub range: Range<usize>,
}

impl<'a> Import<'a> {
    /// What the package may be called in the file: the alias, or what its path suggests.
    pub fn names(&self) -> Vec<&'a str> {
        if let Some(alias) = self.alias {
            return vec![alias];
        }
        let is_version =
            |s: &str| s.len() > 1 && s.starts_with('v') && s[1..].bytes().all(|b| b.is_ascii_digit());
        let mut parts = self.path.rsplit('/').filter(|part| !is_version(part));
        let last = parts.next().unwrap_or(self.path);
        let stem = last.split_once(".v").map_or(last, |(stem, _)| stem);
        vec![stem, stem.rsplit('-').next().unwrap_or(stem), stem.split('-').next().unwrap_or(stem)]
    }
}

/// The named children of a node.
pub fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    (0..node.named_child_count()).filter_map(move |index| node.named_child(index as u32))
}

/// Every named node of a tree, parents first.
pub fn walk<'t>(node: Node<'t>, visit: &mut dyn FnMut(Node<'t>)) {
    visit(node);
    for child in children(node) {
        walk(child, visit);
    }
}

/// The statements of a block.
pub fn statements(block: Node<'_>) -> Vec<Node<'_>> {
    let list = children(block).find(|n| n.kind() == "statement_list").unwrap_or(block);
    children(list).filter(|n| n.kind() != "comment").collect()
}

/// The nodes that declare a local name, with the name: parameters, `:=`, `var`, `range`, `switch x
/// := y.(type)`, `case x := <-c`.
pub fn declared(function: Node<'_>) -> Vec<Node<'_>> {
    let mut out = Vec::new();
    walk(function, &mut |node| {
        let field = match node.kind() {
            "parameter_declaration" | "variadic_parameter_declaration" | "var_spec" | "const_spec" => "name",
            "short_var_declaration" => "left",
            "range_clause" | "receive_statement" if declares(node) => "left",
            "type_switch_statement" => "alias",
            _ => return,
        };
        let mut cursor = node.walk();
        for name in node.children_by_field_name(field, &mut cursor) {
            match name.kind() {
                "identifier" => out.push(name),
                "expression_list" => out.extend(children(name).filter(|n| n.kind() == "identifier")),
                _ => {}
            }
        }
    });
    out
}

/// Whether a clause has `:=`.
fn declares(node: Node<'_>) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| child.kind() == ":=")
}

/// Where the comments before a declaration that belong to it begin.
pub fn with_comments(node: Node<'_>) -> usize {
    let mut first = node;
    while let Some(before) = first.prev_named_sibling()
        && before.kind() == "comment"
        && before.end_position().row + 1 == first.start_position().row
    {
        first = before;
    }
    first.start_byte()
}
