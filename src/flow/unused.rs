//! Functions that nobody can run: where a program is its files, nothing is called from an entry
//! point that could be followed, so what is dead is told by its name, which nothing mentions.

use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;

use super::program::{File, Fn, Program, Site, Target, Ty};
use super::types::{Type, Types};
use crate::syntax::facts::{Expr, FuncId, Lang, TypeId};

/// Names that frameworks and platforms look up.
const LOOKED_UP: &[&str] = &["main", "default", "handler", "(module)"];

/// The class that a decorator of a class, or of one of its methods, is about.
pub fn decorated_class(program: &Program, decorator: Site) -> Option<Ty> {
    let facts = program.facts(decorator.file);
    let has = |list| facts.list(list).contains(&decorator.expr);
    let method = facts.funcs.iter().find(|func| has(func.decorators));
    let class = facts.types.iter().position(|ty| match method {
        Some(method) => ty.scope.is_none() && !ty.name.is_empty() && ty.name == method.owner,
        None => has(ty.decorators),
    })?;
    Some(Ty { file: decorator.file, ty: TypeId(class as u32) })
}

/// Those of some classes that no code names, other than themselves: a container only builds what it is
/// given.
pub fn unnamed(program: &Program, classes: &[Ty]) -> FxHashSet<Ty> {
    // By name, with where it is written: what a class says of itself does not count.
    let mut open: FxHashMap<&str, Vec<(Ty, Range<u32>)>> = FxHashMap::default();
    for &class in classes {
        let home = program.facts(class.file);
        let decl = &home.types[class.ty.0 as usize];
        // The default export may go by any name.
        if home.exports.iter().all(|export| home.text(export.name) != "default") {
            let methods = home.funcs.iter().filter(|func| func.owner == decl.name);
            let end = methods.map(|func| func.end).max().unwrap_or(decl.pos);
            open.entry(home.text(decl.name)).or_default().push((class, decl.pos..end));
        }
    }
    for (at, file) in program.files.iter().enumerate().filter(|(_, f)| f.facts.lang == Lang::TypeScript) {
        let facts = &file.facts;
        for (expr, found) in facts.exprs.iter().enumerate() {
            if let Expr::Name(text) | Expr::Field { name: text, .. } | Expr::Str(text) = *found
                && let Some(named) = open.get_mut(facts.text(text))
            {
                let pos = facts.expr_pos[expr];
                named.retain(|(class, own)| class.file == at as u32 && own.contains(&pos));
            }
        }
        for import in &facts.imports {
            if import.alias != import.member {
                open.remove(facts.text(import.member));
            }
        }
    }
    open.into_values().flatten().map(|(class, _)| class).collect()
}

/// Whether a library calls a method: its type says that it satisfies an interface of a library, or a
/// library's decorator stands on the method.
pub fn called_by_library(types: &Types<'_>, func: Fn) -> bool {
    let program = types.program;
    let external = |file: u32, list| {
        let named = |expr| matches!(types.named_by(Site { file, expr }), Type::External(..));
        program.facts(file).list(list).iter().copied().any(named)
    };
    let decorated = program.facts(func.file).list(program.func(func).decorators).iter().any(|&decorator| {
        let facts = program.facts(func.file);
        let Expr::Call { callee, .. } = facts.expr(decorator) else { return false };
        matches!(types.of(Site { file: func.file, expr: callee }), Type::External(..))
    });
    decorated
        || match types.receiver_type(func) {
            Type::Named(ty, _) => {
                external(ty.file, program.facts(ty.file).types[ty.ty.0 as usize].implements)
            }
            _ => false,
        }
}

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
