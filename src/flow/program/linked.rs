//! Which Go modules may run in one program.
//!
//! A tree with many modules holds many programs. Two types of modules that no third one imports
//! both of never meet, however well the methods of the one fit the interface of the other.

use std::collections::BTreeSet;

use super::{PkgId, Program};

/// For each module, the modules that lead to it by imports, itself among them, in order.
#[derive(Debug, Default)]
pub(super) struct Linked {
    users: Vec<Vec<u32>>,
}

impl Linked {
    /// Follows the imports of every module of `program`, of which there are `count`.
    pub(super) fn of(program: &Program, count: usize) -> Linked {
        let mut imports: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); count];
        let module = |package: PkgId| program.packages[package.0 as usize].module;
        for file in &program.files {
            let Some(from) = module(file.package) else { continue };
            imports[from as usize].extend(file.packages().filter_map(module));
        }
        let mut users = vec![Vec::new(); count];
        for from in 0..count as u32 {
            let mut met = BTreeSet::from([from]);
            let mut open = vec![from];
            while let Some(next) = open.pop() {
                open.extend(imports[next as usize].iter().filter(|&&module| met.insert(module)));
            }
            for module in met {
                users[module as usize].push(from);
            }
        }
        Linked { users }
    }

    fn together(&self, a: u32, b: u32) -> bool {
        let (a, b) = (&self.users[a as usize], &self.users[b as usize]);
        let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
        few.iter().any(|module| many.binary_search(module).is_ok())
    }
}

impl Program {
    /// Whether what two files declare can meet in one program. Code outside of any module may meet
    /// all.
    pub fn may_meet(&self, a: u32, b: u32) -> bool {
        match (self.package_of(a).module, self.package_of(b).module) {
            (Some(a), Some(b)) => a == b || self.linked.together(a, b),
            _ => true,
        }
    }
}
