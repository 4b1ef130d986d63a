//! Functions that nobody can run: where a program is its files, nothing is called from an entry
//! point that could be followed, so what is dead is told by its name, which nothing mentions.

use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;

use super::eval::Eval;
use super::matches::{Index, Match};
use super::program::{File, Fn, Program, Site, Ty};
use super::select::select;
use super::types::{Type, Types};
use super::walk;
use crate::rules::Matcher;
use crate::syntax::facts::{Export, Expr, Facts, Func, FuncId, Global, Lang, Sym, TypeDecl, TypeId};

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

/// The functions that decorators hand to a library, so that it calls them and no code of the tree: those
/// that rules say, and methods under a decorator of a library in a class under one.
pub fn handed_over(types: &Types<'_>, index: &Index<'_>, matches: &[Match]) -> FxHashSet<Fn> {
    let eval = Eval::new(types);
    let mut found = FxHashSet::default();
    for matched in matches {
        let rule = index.rule(matched.rule);
        if matches!(rule.matcher, Matcher::Decorator(_)) {
            let values = rule.handler.iter().map(|selector| select(&eval, matched.site, selector));
            found.extend(values.filter_map(|value| Some(value.function()?.func)));
        }
    }
    for (at, file) in types.program.files.iter().enumerate() {
        let (at, facts) = (at as u32, &file.facts);
        let library = |decorators| {
            facts.list(decorators).iter().any(|&expr| {
                let callee = match facts.expr(expr) {
                    Expr::Call { callee, .. } => callee,
                    _ => expr,
                };
                matches!(types.of(Site { file: at, expr: callee }), Type::External(..))
            })
        };
        for (i, func) in facts.funcs.iter().enumerate().filter(|(_, func)| func.decorators.len > 0) {
            let class = facts.types.iter().find(|ty| ty.name == func.owner && ty.decorators.len > 0);
            if class.is_some_and(|class| library(class.decorators)) && library(func.decorators) {
                found.insert(Fn { file: at, func: FuncId(i as u32) });
            }
        }
    }
    found
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
        imported.extend(file.packages());
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

/// The functions of files that only declare, that nobody imports, and whose functions and classes
/// neither other code nor any of `said` (what manifests say) names: nothing runs them. A framework may
/// look up what such a file exports, so this is asked of what listens alone.
pub fn idle(program: &Program, said: &[&str]) -> FxHashSet<Fn> {
    let mut named: FxHashSet<&str> = said.iter().copied().collect();
    let mut imported = FxHashSet::default();
    for file in &program.files {
        named.extend(file.facts.exprs.iter().filter_map(|expr| match *expr {
            Expr::Name(name) | Expr::Field { name, .. } | Expr::Str(name) => Some(file.facts.text(name)),
            _ => None,
        }));
        imported.extend(file.packages());
        let passed = file.facts.exports.iter().filter(|export| !export.path.is_empty());
        imported.extend(passed.filter_map(|export| {
            program.imported(program.packages[file.package.0 as usize].files[0], file.facts.text(export.path))
        }));
    }
    let mut found = FxHashSet::default();
    for (at, file) in program.files.iter().enumerate() {
        if imported.contains(&file.package) || !is_idle(&file.facts) {
            continue;
        }
        let classes = unnamed_classes(program, at as u32);
        for (i, func) in file.facts.funcs.iter().enumerate().filter(|(_, func)| func.parent.is_none()) {
            let name = file.facts.text(func.name);
            let plain = func.owner.is_empty() && func.decorators.len == 0 && !name.contains('.');
            let dead = plain && !LOOKED_UP.contains(&name) && !named.contains(name);
            if dead || classes.contains(&func.owner) {
                found.insert(Fn { file: at as u32, func: FuncId(i as u32) });
            }
        }
    }
    found
}

/// Whether a file only declares: loading it runs nothing and gives nothing by default.
fn is_idle(facts: &Facts) -> bool {
    let default = |export: &Export| facts.text(export.name) == "default";
    let runs = |func: &Func| func.owner.is_empty() && matches!(facts.text(func.name), "(module)" | "default");
    let calls = |global: &Global| {
        let mut found = false;
        if !global.value.is_none() {
            walk::exprs(facts, global.value, &mut |expr| {
                found |= matches!(facts.expr(expr), Expr::Call { .. });
            });
        }
        found
    };
    facts.lang == Lang::TypeScript
        && !facts.exports.iter().any(default)
        && !facts.funcs.iter().any(runs)
        && !facts.globals.iter().any(calls)
}

/// The names of the classes of a file that nothing but themselves names, without decorators.
fn unnamed_classes(program: &Program, file: u32) -> FxHashSet<Sym> {
    let facts = program.facts(file);
    let decorated = |name: Sym| facts.funcs.iter().any(|f| f.owner == name && f.decorators.len > 0);
    let plain = |ty: &TypeDecl| !ty.name.is_empty() && ty.decorators.len == 0 && !decorated(ty.name);
    let classes = facts.types.iter().enumerate().filter(|(_, ty)| plain(ty));
    let classes: Vec<Ty> = classes.map(|(at, _)| Ty { file, ty: TypeId(at as u32) }).collect();
    let unnamed = unnamed(program, &classes);
    unnamed.into_iter().map(|class| facts.types[class.ty.0 as usize].name).collect()
}
