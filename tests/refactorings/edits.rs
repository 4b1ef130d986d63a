//! Ways to write the same program otherwise, each at places that dice choose.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::source::{Edit, Source, apply, children, declared, walk, with_comments};

/// The Go files of a tree that people wrote, by path from its root.
pub type Files = BTreeMap<PathBuf, String>;

/// Chance that repeats: the same seed throws the same.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count.max(1)
    }

    pub fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }
}

pub fn is_test(path: &Path) -> bool {
    path.to_string_lossy().ends_with("_test.go")
}

/// Gives locals of functions, their parameters and receivers among them, names that say nothing.
pub fn rename_locals(files: &mut Files, dice: &mut Dice, share: usize) -> usize {
    let mut taken: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in &*files {
        let names = Source::new(text).declares().into_iter().map(str::to_owned).collect::<Vec<_>>();
        taken.entry(folder(path)).or_default().extend(names);
    }
    let mut renamed = 0;
    for (path, text) in files.iter_mut() {
        let source = Source::new(text);
        let mut fixed: BTreeSet<&str> = taken[&folder(path)].iter().map(String::as_str).collect();
        let imports = source.imports();
        fixed.extend(imports.iter().flat_map(super::source::Import::names));
        fixed.extend(["_", "nil", "true", "false", "error", "len", "string", "new"]);
        let mut edits: Vec<Edit> = Vec::new();
        for function in source.functions() {
            let mut kept = fixed.clone();
            // The key of a struct's literal looks like a name of this place.
            walk(function, &mut |node| {
                if node.kind() == "keyed_element"
                    && let Some(key) = node.named_child(0).and_then(|k| k.named_child(0))
                    && key.kind() == "identifier"
                {
                    kept.insert(source.of(key));
                }
            });
            let names: BTreeSet<&str> =
                declared(function).into_iter().map(|n| source.of(n)).filter(|n| !kept.contains(n)).collect();
            let mut new: BTreeMap<&str, String> = BTreeMap::new();
            for name in names {
                if dice.percent(share) {
                    new.insert(name, format!("q{}", new.len() + dice.below(3) * 100));
                }
            }
            walk(function, &mut |node| {
                if node.kind() == "identifier"
                    && let Some(name) = new.get(source.of(node))
                {
                    edits.push((node.byte_range(), name.clone()));
                }
            });
            renamed += new.len();
        }
        *text = apply(text, edits);
    }
    renamed
}

/// Writes comments and empty lines before statements and declarations.
pub fn comment(files: &mut Files, dice: &mut Dice, share: usize) -> usize {
    let mut written = 0;
    // What tests are about is told by their words, comments included: theirs are left alone.
    for (_, text) in files.iter_mut().filter(|(path, _)| !is_test(path)) {
        let source = Source::new(text);
        let mut edits: Vec<Edit> = Vec::new();
        walk(source.root(), &mut |node| {
            let parent = node.parent().map_or("", |p| p.kind());
            if !matches!(parent, "statement_list" | "source_file" | "field_declaration_list") {
                return;
            }
            // A comment that is there speaks of the line below it.
            let alone = node.prev_named_sibling().is_none_or(|before| before.kind() != "comment");
            let Some(at) = source.line_start(node).filter(|at| *at > 0 && alone && node.kind() != "comment")
            else {
                return;
            };
            if dice.percent(share) {
                let lines = [
                    "\n",
                    "\t// Nothing to see: processed, err := c.idempotency.IsProcessed(ctx, id); Subscribe(\"x\")\n",
                    "\t/* INSERT INTO t VALUES ($1)\n\t return nil } */\n",
                ];
                edits.push((at..at, lines[dice.below(lines.len())].to_owned()));
            }
        });
        written += edits.len();
        *text = apply(text, edits);
    }
    written
}

/// Moves functions to new files of their packages, each with the imports it needs; the old file
/// loses the imports that nothing in it needs any more.
pub fn move_functions(files: &mut Files, dice: &mut Dice, share: usize) -> usize {
    let mut added = Files::new();
    let mut moved = 0;
    for (path, text) in files.iter_mut().filter(|(path, _)| !is_test(path)) {
        let source = Source::new(text);
        let imports = source.imports();
        if imports.iter().any(|import| import.alias == Some(".")) {
            continue;
        }
        let mut edits: Vec<Edit> = Vec::new();
        for function in source.functions() {
            if !dice.percent(share) {
                continue;
            }
            let range = with_comments(function)..function.end_byte();
            let used = source.qualifiers(&range);
            let needed = imports.iter().filter(|import| import.names().iter().any(|n| used.contains(n)));
            let block: String = needed.flat_map(|import| ["\t", import.text, "\n"]).collect();
            let block = if block.is_empty() { block } else { format!("import (\n{block})\n\n") };
            moved += 1;
            added.insert(
                // Before and after the file it came from, in the order of names.
                folder(path).join(format!("{}moved_{moved}.go", ["a_", "z_"][dice.below(2)])),
                format!("package {}\n\n{block}{}\n", source.package(), &text[range.clone()]),
            );
            edits.push((range, String::new()));
        }
        let rest = apply(text, edits);
        let source = Source::new(&rest);
        let used = source.qualifiers(&(0..rest.len()));
        let idle = source.imports().into_iter().filter(|import| {
            import.alias != Some("_") && !import.names().iter().any(|name| used.contains(name))
        });
        *text = apply(&rest, idle.map(|import| (import.range, String::new())).collect());
    }
    files.extend(added);
    moved
}

fn folder(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

/// Whether a subtree has a node of a kind.
pub fn has(node: tree_sitter::Node<'_>, kinds: &[&str]) -> bool {
    kinds.contains(&node.kind()) || children(node).any(|child| has(child, kinds))
}
