//! Rules of the house for packages of the tree itself: a wrapper of one's own is described by the path
//! that it is imported by, whether it lies in the scanned tree or not.
//!
//! The rules that come with the tool are about libraries. In the tree of such a library, or of a copy
//! of it, they match nothing: what its functions do is followed there.

use rustc_hash::FxHashMap;

use super::{Index, RuleId};
use crate::flow::calls::Callee;
use crate::flow::program::{Decl, PkgId, Program, Site, Target};
use crate::flow::types::{Type, Types, import_matches};
use crate::rules::RuleSet;
use crate::syntax::facts::{Expr, ExprId, Lang};

/// What the house's own rules are about, of the tree.
#[derive(Debug, Default)]
pub(super) struct House {
    /// The detectors that a package is described by.
    packages: FxHashMap<PkgId, Vec<u16>>,
    /// The detectors that a declaration is described by, with the name it has there.
    named: FxHashMap<Decl, Vec<(u16, String)>>,
}

impl House {
    /// The packages of the tree that paths under the `imports` of users' rules lead to.
    pub(super) fn of(rules: &RuleSet, program: &Program) -> House {
        let mut house = House::default();
        for (at, detector) in rules.detectors.iter().enumerate().filter(|(_, d)| !d.builtin) {
            let gated = |path: &str| detector.imports.iter().any(|gate| import_matches(gate, path));
            let paths = program.packages.iter().enumerate();
            let own =
                paths.filter(|(_, package)| !package.import_path.is_empty() && gated(&package.import_path));
            let mut found: Vec<PkgId> = own.map(|(package, _)| PkgId(package as u32)).collect();
            for file in 0..program.files.len() as u32 {
                let facts = program.facts(file);
                if facts.lang != Lang::Go && !detector.imports.is_empty() {
                    let paths = facts.imports.iter().map(|import| facts.text(import.path));
                    found.extend(
                        paths.filter(|path| gated(path)).filter_map(|path| program.imported(file, path)),
                    );
                }
            }
            found.sort_unstable();
            found.dedup();
            for package in found {
                house.packages.entry(package).or_default().push(at as u16);
                for (name, &decl) in &program.packages[package.0 as usize].decls {
                    house.named.entry(decl).or_default().push((at as u16, name.clone()));
                }
            }
        }
        house
    }

    /// The detectors that describe a package.
    pub(super) fn describing(&self, package: PkgId) -> &[u16] {
        self.packages.get(&package).map_or(&[], Vec::as_slice)
    }

    fn names(&self, decl: Decl) -> &[(u16, String)] {
        self.named.get(&decl).map_or(&[], Vec::as_slice)
    }

    /// Whether a rule that asks for `name` means this declaration.
    pub(super) fn means(&self, id: RuleId, decl: Decl, name: &str) -> bool {
        self.names(decl).iter().any(|(detector, known)| *detector == id.detector && known == name)
    }
}

impl Index<'_> {
    /// The rules of the house that a call into the tree matches.
    pub(super) fn house_call(
        &self,
        types: &Types<'_>,
        site: Site,
        callee: ExprId,
        name: &str,
        runs: &Callee,
    ) -> Vec<RuleId> {
        let house = self.house(types.program);
        let (Some(candidates), false) = (self.calls.get(name), house.packages.is_empty()) else {
            return Vec::new();
        };
        let meant: Vec<(Decl, bool)> = called(types, site, callee, runs);
        let fits = |&&(id, receiver): &&(RuleId, Option<&str>)| {
            meant.iter().any(|&(decl, method)| match receiver {
                None => !method && house.means(id, decl, name),
                Some("*") => method && house.names(decl).iter().any(|(detector, _)| *detector == id.detector),
                Some(ty) => method && house.means(id, decl, ty),
            })
        };
        candidates.iter().filter(fits).map(|(id, _)| *id).collect()
    }

    /// What the house's rules are about in this program.
    pub(super) fn house(&self, program: &Program) -> &House {
        self.house.get_or_init(|| House::of(self.rules, program))
    }
}

/// What a call names: a function or class, or the types whose method it is, with `true`.
fn called(types: &Types<'_>, site: Site, callee: ExprId, runs: &Callee) -> Vec<(Decl, bool)> {
    let program = types.program;
    let facts = program.facts(site.file);
    let callee = match facts.expr(callee) {
        Expr::Index { base, .. } => base,
        _ => callee,
    };
    let base = match facts.expr(callee) {
        Expr::Name(name) if types.local(Site { file: site.file, expr: callee }, name).is_none() => {
            return program.lookup(site.file, name).map(|decl| (decl, false)).into_iter().collect();
        }
        Expr::Field { base, name } => match types.package_qualifier(site.file, base) {
            Some(Target::Package(package)) => {
                let decl = program.decl(*package, facts.text(name));
                return decl.map(|decl| (decl, false)).into_iter().collect();
            }
            Some(Target::External(_)) => return Vec::new(),
            None => base,
        },
        _ => return Vec::new(),
    };
    let mut on = vec![types.of(Site { file: site.file, expr: base })];
    // A method that an embedded type or a class above has, or one behind an interface.
    if let Callee::Tree(targets) = runs {
        on.extend(targets.iter().map(|&target| types.receiver_type(target)));
    }
    let named = |ty: &Type| match ty {
        Type::Named(ty, _) => Some((Decl::Type(*ty), true)),
        _ => None,
    };
    on.iter().filter_map(named).collect()
}
