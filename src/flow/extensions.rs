//! Methods that stand in another file than the type they belong to (`impl Bus for Kafka`): the type
//! gets them, and the file learns which type it speaks of.

use super::program::{Decl, Fn, Program, Ty};
use crate::syntax::facts::{Lang, TypeId, TypeKind};

/// Every extension with the type it extends, in order.
pub fn of(program: &Program) -> Vec<(Ty, Ty)> {
    let mut found = Vec::new();
    for (file, input) in program.files.iter().enumerate().filter(|(_, file)| file.facts.lang == Lang::Rust) {
        let file = file as u32;
        for (i, decl) in input.facts.types.iter().enumerate() {
            if decl.kind == TypeKind::Extension
                && let Some(ty) = program.named_type(file, decl.underlying)
            {
                found.push((Ty { file, ty: TypeId(i as u32) }, ty));
            }
        }
    }
    found
}

/// Gives every type the methods, functions and constants of its extensions.
pub fn join(program: &mut Program) {
    for (extension, ty) in of(program) {
        let (from, to) = (program.file(extension.file).package, program.file(ty.file).package);
        if from == to {
            continue;
        }
        let name = program.type_name(ty).to_owned();
        let written = written(program, extension).unwrap_or_else(|| name.clone());
        let package = &mut program.packages[from.0 as usize];
        package.decls.entry(written.clone()).or_insert(Decl::Type(ty));
        let methods: Vec<(String, Fn)> = package
            .methods
            .get(&written)
            .into_iter()
            .flatten()
            .map(|(name, id)| (name.clone(), *id))
            .collect();
        let prefix = format!("{written}.");
        let members = package
            .decls
            .iter()
            .filter_map(|(known, decl)| Some((format!("{name}.{}", known.strip_prefix(&prefix)?), *decl)));
        let members: Vec<(String, Decl)> = members.collect();
        let package = &mut program.packages[to.0 as usize];
        for (member, decl) in members {
            package.decls.entry(member).or_insert(decl);
        }
        let known = package.methods.entry(name).or_default();
        for (method, id) in methods {
            known.entry(method).or_insert(id);
        }
    }
}

/// The name an extension's file has for the type.
fn written(program: &Program, extension: Ty) -> Option<String> {
    use crate::syntax::facts::Expr;
    let facts = program.facts(extension.file);
    match facts.expr(facts.types[extension.ty.0 as usize].underlying) {
        Expr::Name(name) | Expr::Field { name, .. } => Some(facts.text(name).to_owned()),
        _ => None,
    }
}
