//! Functions that nobody can run: where a program is its files, nothing is called from an entry
//! point that could be followed, so what is dead is told by its name, which nothing mentions.

use rustc_hash::FxHashSet;

use super::program::{File, Fn, Program, Target};
use crate::syntax::facts::{Expr, FuncId, Lang};

/// Names that frameworks and platforms look up.
const LOOKED_UP: &[&str] = &["main", "default", "handler", "(module)"];

/// The plain functions, without attributes or decorators, of imported files that no code of the tree
/// names. A file that nobody imports may be run by its path, so all of it counts as used.
pub fn functions(program: &Program) -> FxHashSet<Fn> {
    let modules = || program.files.iter().enumerate().filter(|(_, file)| file.facts.lang.files_are_modules());
    let mut named: FxHashSet<&str> = FxHashSet::default();
    let mut imported = FxHashSet::default();
    for (_, file) in modules() {
        for expr in &file.facts.exprs {
            if let Expr::Name(name) | Expr::Field { name, .. } | Expr::Str(name) = *expr {
                named.insert(file.facts.text(name));
            }
        }
        // Under another name (`import { run as start }`, `export { run as default }`) it may be used.
        for import in &file.facts.imports {
            let (alias, member) = (file.facts.text(import.alias), file.facts.text(import.member));
            if !member.is_empty() && alias != member {
                named.insert(member);
            }
        }
        for export in &file.facts.exports {
            let (name, member) = (file.facts.text(export.name), file.facts.text(export.member));
            if !member.is_empty() && name != member {
                named.insert(member);
            }
        }
        imported.extend(file.imports.values().filter_map(|target| match target {
            Target::Package(package) => Some(*package),
            Target::External(_) => None,
        }));
    }
    let mut found = FxHashSet::default();
    // A module of Rust has to be declared, and a program's own file is run from its `main`.
    let known = |file: &File| file.facts.lang == Lang::Rust || imported.contains(&file.package);
    for (at, file) in modules().filter(|(_, file)| known(file)) {
        for (i, func) in file.facts.funcs.iter().enumerate() {
            let name = file.facts.text(func.name);
            let plain = func.receiver.is_none()
                && func.parent.is_none()
                && func.owner.is_empty()
                && func.decorators.len == 0
                && !name.is_empty()
                && !name.contains('.');
            if plain && !LOOKED_UP.contains(&name) && !named.contains(name) {
                found.insert(Fn { file: at as u32, func: FuncId(i as u32) });
            }
        }
    }
    found
}
