//! Reachability: what an entry point leads to.
//!
//! A call through an interface may run the methods of many types; it runs those of types that what
//! is already reached builds (rapid type analysis: Bacon and Sweeney, OOPSLA 1996). Without that, a
//! binary would be said to run every implementation the monorepo has.

use rustc_hash::{FxHashMap, FxHashSet};

use super::calls::Graph;
use super::program::{Fn, Site, Ty};
use super::types::{Type, Types};

/// Answers what functions lead to; what every answer needs is computed once.
pub struct Reach<'a> {
    types: &'a Types<'a>,
    graph: &'a Graph,
    /// Types that a function builds, embedded ones included.
    builds: FxHashMap<Fn, Vec<Ty>>,
    /// Types built by package-level variables.
    global: FxHashSet<Ty>,
}

/// The state of one search.
#[derive(Default)]
struct Search {
    seen: FxHashSet<Fn>,
    queue: Vec<Fn>,
    built: FxHashSet<Ty>,
    /// Methods that an interface call may run once their type is built.
    waiting: FxHashMap<Ty, Vec<Fn>>,
}

impl<'a> Reach<'a> {
    /// Prepares the search over a call graph.
    pub fn new(types: &'a Types<'a>, graph: &'a Graph) -> Reach<'a> {
        let mut builds: FxHashMap<Fn, Vec<Ty>> = FxHashMap::default();
        let mut global = FxHashSet::default();
        for (&ty, sites) in &graph.built {
            let whole = with_embedded(types, ty);
            for &site in sites {
                match types.program.owner(site) {
                    Some(func) => builds.entry(func).or_default().extend(&whole),
                    None => global.extend(&whole),
                }
            }
        }
        Reach { types, graph, builds, global }
    }

    /// Functions that `entries` lead to: through calls, function values and closures. With
    /// `callbacks`, also through every method of a type they build (a framework may call it) and
    /// every implementation of an interface: containers and reflection build what no code is seen to
    /// build, and what this answer leaves out is taken for dead.
    pub fn from(&self, entries: &[Fn], callbacks: bool) -> FxHashSet<Fn> {
        self.within(entries, callbacks, &|_| true)
    }

    /// The same, through functions that `enters` admits alone.
    pub fn within(
        &self,
        entries: &[Fn],
        callbacks: bool,
        enters: &dyn std::ops::Fn(Fn) -> bool,
    ) -> FxHashSet<Fn> {
        let mut search = Search { queue: entries.to_vec(), ..Search::default() };
        while let Some(func) = search.queue.pop() {
            if !enters(func) || !search.seen.insert(func) {
                continue;
            }
            for targets in self.graph.targets_in(func) {
                if callbacks {
                    search.queue.extend(targets);
                } else {
                    self.call(targets, &mut search);
                }
            }
            search.queue.extend(self.graph.mentions.get(&func).into_iter().flatten().copied());
            for &ty in self.builds.get(&func).into_iter().flatten() {
                if search.built.insert(ty) {
                    search.queue.extend(search.waiting.remove(&ty).into_iter().flatten());
                    if callbacks {
                        search.queue.extend(self.methods(ty));
                    }
                }
            }
        }
        search.seen
    }

    fn call(&self, targets: &[Fn], search: &mut Search) {
        if let [only] = *targets {
            search.queue.push(only);
            return;
        }
        for &target in targets {
            match self.types.receiver_type(target) {
                Type::Named(ty, _) if !self.exists(ty) && !search.built.contains(&ty) => {
                    search.waiting.entry(ty).or_default().push(target);
                }
                _ => search.queue.push(target),
            }
        }
    }

    /// Whether values of a type may be there without any function that builds one: package-level
    /// variables, named functions, zero values.
    fn exists(&self, ty: Ty) -> bool {
        self.global.contains(&ty) || !self.graph.built.contains_key(&ty)
    }

    fn methods(&self, ty: Ty) -> impl Iterator<Item = Fn> + '_ {
        let program = self.types.program;
        let methods = program.package_of(ty.file).methods.get(program.type_name(ty));
        methods.into_iter().flat_map(|m| m.values().copied())
    }
}

/// A type and the types it embeds: building the one builds the others.
fn with_embedded(types: &Types<'_>, ty: Ty) -> Vec<Ty> {
    let mut all = vec![ty];
    let mut next = 0;
    while let Some(&ty) = all.get(next) {
        next += 1;
        let facts = types.program.facts(ty.file);
        let decl = &facts.types[ty.ty.0 as usize];
        for field in facts.fields(&decl.fields) {
            if field.embedded
                && let Type::Named(inner, _) = types.named_by(Site { file: ty.file, expr: field.ty })
                && !all.contains(&inner)
            {
                all.push(inner);
            }
        }
    }
    all
}
