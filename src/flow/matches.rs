//! Matching: which calls, literals and SQL statements play which role.
//!
//! Rules are indexed by the name they ask for, so a file is looked at once and ten times the
//! rules cost next to nothing.

mod chains;
mod house;
mod known;
mod statement;

use crate::rules::{Matcher, Role, Rule, RuleSet, Selector};
use crate::syntax::facts::{Expr, ExprId, FuncId, Lang};
use crate::syntax::sql;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{OnceLock, RwLock};

use super::calls::{CallSite, Callee, Graph};
use super::eval::Eval;
use super::outside::Outside;
use super::program::{Decl, Fn, Site, Target};
use super::types::{Type, Types, import_matches};
use super::undescribed::Vocabulary;
use super::value::Binding;
use house::House;

/// A rule, by detector and position in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RuleId {
    /// Index into [`RuleSet::detectors`].
    pub detector: u16,
    /// Index into that detector's rules.
    pub rule: u16,
}

/// A place that plays a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// The call, literal or string.
    pub site: Site,
    /// By which rule.
    pub rule: RuleId,
    /// The function it stands in.
    pub func: Option<Fn>,
    /// A method declaration that matched, for [`Matcher::Method`].
    pub method: Option<Fn>,
}

/// The name rules have for a call of the value itself.
const ITSELF: &str = "()";

/// Rules by the name they look for.
pub struct Index<'a> {
    rules: &'a RuleSet,
    calls: FxHashMap<&'a str, Vec<(RuleId, Option<&'a str>)>>,
    literals: FxHashMap<&'a str, Vec<RuleId>>,
    methods: FxHashMap<&'a str, Vec<RuleId>>,
    decorators: FxHashMap<&'a str, Vec<RuleId>>,
    functions: Vec<RuleId>,
    sql: Vec<RuleId>,
    by_function: RwLock<FxHashMap<String, Vec<RuleId>>>,
    vocabulary: Vocabulary,
    house: OnceLock<House>,
}

impl<'a> Index<'a> {
    /// Indexes `rules`.
    pub fn new(rules: &'a RuleSet) -> Index<'a> {
        let mut index = Index {
            rules,
            calls: FxHashMap::default(),
            literals: FxHashMap::default(),
            methods: FxHashMap::default(),
            decorators: FxHashMap::default(),
            functions: Vec::new(),
            sql: Vec::new(),
            by_function: RwLock::default(),
            vocabulary: Vocabulary::built_in(),
            house: OnceLock::new(),
        };
        for (d, detector) in rules.detectors.iter().enumerate() {
            for (r, rule) in detector.rules.iter().enumerate() {
                let id = RuleId { detector: d as u16, rule: r as u16 };
                match &rule.matcher {
                    Matcher::Call(names) => {
                        for name in names {
                            let entry = index.calls.entry(name.name.as_str()).or_default();
                            entry.push((id, name.receiver.as_deref()));
                        }
                    }
                    Matcher::Composite(types) => {
                        for name in types {
                            index.literals.entry(name).or_default().push(id);
                        }
                    }
                    Matcher::Method(names) => {
                        for name in names {
                            index.methods.entry(name).or_default().push(id);
                        }
                    }
                    Matcher::Decorator(names) => {
                        for name in names {
                            index.decorators.entry(name).or_default().push(id);
                        }
                    }
                    Matcher::Function { .. } => index.functions.push(id),
                    Matcher::Sql { .. } => index.sql.push(id),
                }
            }
        }
        index
    }

    /// The rule with this id.
    pub fn rule(&self, id: RuleId) -> &'a Rule {
        &self.rules.detectors[id.detector as usize].rules[id.rule as usize]
    }

    /// Whether rules describe the library at an import path: what they leave out there has no effects.
    pub fn describes(&self, path: &str) -> bool {
        let mut gates = self.rules.detectors.iter().flat_map(|detector| &detector.imports);
        gates.any(|gate| import_matches(gate, path))
    }

    /// The detector a rule belongs to.
    pub fn detector(&self, id: RuleId) -> &'a crate::rules::Detector {
        &self.rules.detectors[id.detector as usize]
    }

    /// The detector of an id.
    pub fn named(&self, id: &str) -> Option<&'a crate::rules::Detector> {
        self.rules.detectors.iter().find(|detector| detector.id == id)
    }

    fn gated(&self, id: RuleId, path: &str) -> bool {
        let detector = &self.rules.detectors[id.detector as usize];
        detector.imports.iter().any(|gate| import_matches(gate, path))
            || detector.undescribed && self.vocabulary.names_messaging(path) && !self.describes(path)
    }

    /// Whether a rule is about code of this language.
    fn speaks(&self, id: RuleId, lang: Lang) -> bool {
        self.detector(id).language.is_none_or(|about| about == lang)
    }

    /// Every match of the program, in order of place and rule.
    pub fn matches(&self, types: &Types<'_>, graph: &Graph) -> Vec<Match> {
        let mut found: Vec<Match> = (0..types.program.files.len() as u32)
            .into_par_iter()
            .flat_map_iter(|file| {
                let eval = Eval::new(types);
                let mut found = Vec::new();
                self.file(types, &eval, file, &mut found);
                found
            })
            .collect();
        // One evaluator a file: its calls ask for the same values over and over.
        let by_file: Vec<&[CallSite]> = graph.calls.chunk_by(|a, b| a.site.file == b.site.file).collect();
        let calls: Vec<Match> = by_file
            .into_par_iter()
            .flat_map_iter(|calls| {
                let eval = Eval::new(types);
                let matches = calls.iter().flat_map(|call| {
                    let behind = graph.behind.get(&call.site).map_or(&[][..], |behind| behind);
                    let rules = self.call(types, &eval, call.site, &call.callee, behind);
                    rules.into_iter().map(|rule| Match {
                        site: call.site,
                        rule,
                        func: call.func,
                        method: None,
                    })
                });
                matches.collect::<Vec<_>>()
            })
            .collect();
        found.extend(calls);
        found.sort_unstable();
        found.dedup();
        chains::settle(self, types, &mut found);
        found
    }

    /// The rules a call matches; `behind` are the libraries that an interface hides.
    fn call(
        &self,
        types: &Types<'_>,
        eval: &Eval<'_>,
        site: Site,
        callee: &Callee,
        behind: &[Outside],
    ) -> Vec<RuleId> {
        let facts = types.program.facts(site.file);
        let Expr::Call { callee: expr, .. } = facts.expr(site.expr) else { return Vec::new() };
        let name = match facts.expr(expr) {
            Expr::Name(name) | Expr::Field { name, .. } => facts.text(name),
            Expr::Index { base, .. } => match facts.expr(base) {
                Expr::Name(name) | Expr::Field { name, .. } => facts.text(name),
                _ => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        let mut found = Vec::new();
        if let Callee::Library { path, on, method } = callee {
            let path = types.program.external(*path);
            // A value of the library may itself be called.
            let itself = *method && matches!(facts.expr(expr), Expr::Name(_));
            found.extend(self.library_call(path, on, if itself { ITSELF } else { name }, *method));
            if itself && on.is_empty() {
                found.extend(self.held_name(types, eval, Site { file: site.file, expr }));
            }
        } else if !matches!(callee, Callee::Builtin) {
            found.extend(self.house_call(types, site, expr, name, callee));
            found.extend(self.function_call(types, site, expr, name));
            found.extend(self.derived(types, site, expr, name));
        }
        for outside in behind {
            found.extend(self.library_call(types.program.external(outside.path), &outside.on, name, true));
        }
        let lang = facts.lang;
        found.retain(|&id| self.speaks(id, lang) && self.holds(eval, id, site));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The rules for a method that a type of the tree has from a trait of a library, by `#[derive(…)]`.
    fn derived(&self, types: &Types<'_>, site: Site, callee: ExprId, method: &str) -> Vec<RuleId> {
        let program = types.program;
        let mut found = Vec::new();
        let Expr::Field { base, .. } = program.facts(site.file).expr(callee) else { return found };
        if program.facts(site.file).lang != Lang::Rust || !self.calls.contains_key(method) {
            return found;
        }
        let Type::Named(ty, _) = types.of(Site { file: site.file, expr: base }) else { return found };
        let facts = program.facts(ty.file);
        for &attribute in facts.list(facts.types[ty.ty.0 as usize].decorators) {
            let Expr::Call { args, .. } = facts.expr(attribute) else { continue };
            for &derive in facts.list(args) {
                if let Expr::Field { base, name } = facts.expr(derive)
                    && let Some(Target::External(path)) = types.package_qualifier(ty.file, base)
                {
                    found.extend(self.library_call(program.external(*path), facts.text(name), method, true));
                }
            }
        }
        found
    }

    /// The rules for what a local name holds of a library (`const Class = pro ? WorkerPro : Worker`).
    fn held_name(&self, types: &Types<'_>, eval: &Eval<'_>, callee: Site) -> Vec<RuleId> {
        let mut found = Vec::new();
        for value in eval.value(callee).items() {
            if let super::value::Value::Made(made) = &value
                && made.args.is_none()
            {
                found.extend(self.made(types.program, made));
            }
        }
        found
    }

    /// The rules that the call behind a library's value matches, conditions aside.
    pub fn made(&self, program: &super::program::Program, made: &super::value::Made) -> Vec<RuleId> {
        self.library_call(program.external(made.path), &made.on, &made.name, made.receiver.is_some())
    }

    fn library_call(&self, path: &str, on: &str, name: &str, method: bool) -> Vec<RuleId> {
        let Some(candidates) = self.calls.get(name) else { return Vec::new() };
        let gated: Vec<_> = candidates.iter().filter(|(id, _)| self.gated(*id, path)).collect();
        let exact: Vec<RuleId> = gated
            .iter()
            .filter(|(_, receiver)| match receiver {
                None => !method,
                Some("*") => method,
                Some(ty) => method && on == *ty,
            })
            .map(|(id, _)| *id)
            .collect();
        if !exact.is_empty() || !method || !on.is_empty() && gated.iter().any(|(id, _)| self.knows(*id, on)) {
            return exact;
        }
        // The receiver's exact type is not known: accept when only one type is meant by the rules.
        let mut receivers: Vec<&str> = gated.iter().filter_map(|(_, r)| *r).collect();
        receivers.sort_unstable();
        receivers.dedup();
        if receivers.len() > 1 && !on.is_empty() {
            return Vec::new();
        }
        let first = gated.first().and_then(|(_, r)| *r);
        gated.iter().filter(|(_, r)| *r == first && r.is_some()).map(|(id, _)| *id).collect()
    }

    /// Whether the detector of `id` speaks of type `name` at all.
    fn knows(&self, id: RuleId, name: &str) -> bool {
        let detector = self.detector(id);
        detector.returns.iter().any(|(call, gives)| gives == name || call.receiver.as_deref() == Some(name))
            || detector.rules.iter().any(|rule| match &rule.matcher {
                Matcher::Call(names) => names.iter().any(|n| n.receiver.as_deref() == Some(name)),
                _ => false,
            })
    }

    fn function_call(&self, types: &Types<'_>, site: Site, callee: ExprId, name: &str) -> Vec<RuleId> {
        let by_name = self.functions_named(name);
        if by_name.is_empty() {
            return Vec::new();
        }
        let facts = types.program.facts(site.file);
        by_name
            .into_iter()
            .filter(|&id| {
                let Matcher::Function { on: Some(on), .. } = &self.rule(id).matcher else { return true };
                let Expr::Field { base, .. } = facts.expr(callee) else { return false };
                let at = Site { file: site.file, expr: base };
                let ty = match types.of(at) {
                    // With its package, for `outbox.Repository`.
                    Type::Named(ty, _) => {
                        format!("{}.{}", types.program.package_of(ty.file).name, types.program.type_name(ty))
                    }
                    Type::External(_, name) => name.to_string(),
                    _ => String::new(),
                };
                let last = match facts.expr(base) {
                    Expr::Name(name) | Expr::Field { name, .. } => facts.text(name),
                    _ => "",
                };
                on.is_match(&ty) || on.is_match(last)
            })
            .collect()
    }

    /// Naming rules for functions of this name; names repeat, so answers are kept.
    fn functions_named(&self, name: &str) -> Vec<RuleId> {
        if let Ok(map) = self.by_function.read()
            && let Some(found) = map.get(name)
        {
            return found.clone();
        }
        let found: Vec<RuleId> = self
            .functions
            .iter()
            .copied()
            .filter(|&id| matches!(&self.rule(id).matcher, Matcher::Function { name: pattern, .. } if pattern.is_match(name)))
            .collect();
        if let Ok(mut map) = self.by_function.write() {
            map.insert(name.to_owned(), found.clone());
        }
        found
    }

    /// Whether the `when` and `unless` conditions of a rule hold at `site`.
    fn holds(&self, eval: &Eval<'_>, id: RuleId, site: Site) -> bool {
        let changes = self.rule(id).changes.as_ref();
        self.holds_within(eval, id, site, &[])
            && changes.is_none_or(|(asked, set)| changed(eval, site, asked, set))
    }

    /// Whether the conditions of a rule hold at `site` with what `frame` gives.
    fn holds_within(&self, eval: &Eval<'_>, id: RuleId, site: Site, frame: &[Binding]) -> bool {
        let rule = self.rule(id);
        let fits = |(selector, pattern): &(Selector, regex::Regex)| {
            let value = eval.within(&super::select::select(eval, site, selector), frame);
            if value.is_unset() {
                return pattern.is_match("");
            }
            // A step that could not be taken yet says nothing.
            let text = |v: &super::value::Value| match v {
                super::value::Value::Field(_, name) if name.starts_with(super::value::STEP) => String::new(),
                other => other.render(eval.types.program),
            };
            value.items().iter().any(|v| pattern.is_match(&text(v)))
        };
        rule.when.iter().all(fits) && !rule.unless.iter().any(fits)
    }

    /// The effect among the rules for the same call that holds at `site` with what `frame` gives.
    pub fn written(&self, eval: &Eval<'_>, id: RuleId, site: Site, frame: &[Binding]) -> Option<RuleId> {
        let asked = self.rule(id);
        let same = |other: &Rule| match (&asked.matcher, &other.matcher) {
            (Matcher::Call(asked), Matcher::Call(names)) => asked == names,
            _ => false,
        };
        let rules = self.detector(id).rules.iter().enumerate();
        let effects = rules.filter(|(_, rule)| rule.role.name().starts_with("effect.") && same(rule));
        let mut effects = effects.map(|(rule, _)| RuleId { rule: rule as u16, ..id });
        effects.find(|&other| self.holds_within(eval, other, site, frame))
    }

    fn file(&self, types: &Types<'_>, eval: &Eval<'_>, file: u32, found: &mut Vec<Match>) {
        let program = types.program;
        let facts = program.facts(file);
        let pieces: FxHashSet<ExprId> = facts
            .exprs
            .iter()
            .filter_map(|expr| match expr {
                Expr::Template(parts) => Some(facts.list(*parts)),
                _ => None,
            })
            .flatten()
            .copied()
            .collect();
        for (i, expr) in facts.exprs.iter().enumerate() {
            let site = Site { file, expr: ExprId(i as u32) };
            match *expr {
                Expr::Composite { ty, .. } if !ty.is_none() => {
                    self.literal(eval, site, &types.named_by(Site { file, expr: ty }), found);
                }
                Expr::Template(_) | Expr::Str(_) if !pieces.contains(&site.expr) => {
                    let Some(text) = statement::text(facts, site.expr) else { continue };
                    for statement in sql::statements(&text) {
                        // Special tables come first: one rule a detector and statement.
                        let mut taken = None;
                        for &id in &self.sql {
                            if taken != Some(id.detector)
                                && self.speaks(id, facts.lang)
                                && statement::fits(&self.rule(id).matcher, &statement)
                            {
                                taken = Some(id.detector);
                                found.push(Match { site, rule: id, func: program.owner(site), method: None });
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        self.declared_methods(types, file, found);
        self.decorators(eval, file, found);
    }

    /// Decorators of the file's classes and methods.
    fn decorators(&self, eval: &Eval<'_>, file: u32, found: &mut Vec<Match>) {
        let program = eval.types.program;
        let facts = program.facts(file);
        let of_types = facts.types.iter().map(|ty| (ty.decorators, None));
        let of_funcs = facts
            .funcs
            .iter()
            .enumerate()
            .map(|(i, func)| (func.decorators, Some(Fn { file, func: FuncId(i as u32) })));
        for (list, func) in of_types.chain(of_funcs) {
            for &expr in facts.list(list) {
                let callee = match facts.expr(expr) {
                    Expr::Call { callee, .. } => callee,
                    _ => expr,
                };
                let Expr::Field { base, name } = facts.expr(callee) else { continue };
                let Some(ids) = self.decorators.get(facts.text(name)) else { continue };
                let Some(target) = eval.types.package_qualifier(file, base) else { continue };
                let name = facts.text(name);
                let gated = |id: RuleId| match target {
                    Target::External(path) => self.gated(id, program.external(*path)),
                    Target::Package(package) => {
                        let decl = program.decl(*package, name);
                        decl.is_some_and(|decl| self.house(program).means(id, decl, name))
                    }
                };
                let site = Site { file, expr };
                for &id in ids {
                    if gated(id) && self.speaks(id, facts.lang) && self.holds(eval, id, site) {
                        found.push(Match { site, rule: id, func, method: func });
                    }
                }
            }
        }
    }

    /// A literal of type `ty`, and those inside it that leave out their type.
    fn literal(&self, eval: &Eval<'_>, site: Site, ty: &Type, found: &mut Vec<Match>) {
        let program = eval.types.program;
        match ty {
            Type::External(path, name) => {
                let path = program.external(*path);
                for &id in self.literals.get(&**name).into_iter().flatten() {
                    if self.gated(id, path) && self.holds(eval, id, site) {
                        found.push(Match { site, rule: id, func: program.owner(site), method: None });
                    }
                }
            }
            Type::Named(ty, _) => {
                let name = program.type_name(*ty);
                let meant = |id: RuleId| self.house(program).means(id, Decl::Type(*ty), name);
                for &id in self.literals.get(name).into_iter().flatten() {
                    if meant(id) && self.holds(eval, id, site) {
                        found.push(Match { site, rule: id, func: program.owner(site), method: None });
                    }
                }
            }
            Type::Slice(inner) | Type::Map(_, inner) => {
                let facts = program.facts(site.file);
                let Expr::Composite { entries, .. } = facts.expr(site.expr) else { return };
                for &value in facts.list(entries).iter().skip(1).step_by(2) {
                    if let Expr::Composite { ty, .. } = facts.expr(value)
                        && ty.is_none()
                    {
                        self.literal(eval, Site { file: site.file, expr: value }, inner, found);
                    }
                }
            }
            _ => {}
        }
    }

    fn declared_methods(&self, types: &Types<'_>, file: u32, found: &mut Vec<Match>) {
        let program = types.program;
        let facts = program.facts(file);
        for (i, func) in facts.funcs.iter().enumerate() {
            if func.receiver.is_none() || func.body.is_none() {
                continue;
            }
            let Some(ids) = self.methods.get(facts.text(func.name)) else { continue };
            let imports = &program.file(file).imports;
            let gated = |id: RuleId| {
                imports.values().any(|target| match target {
                    Target::External(path) => self.gated(id, program.external(*path)),
                    Target::Package(package) => {
                        self.house(program).describing(*package).contains(&id.detector)
                    }
                })
            };
            let method = Fn { file, func: FuncId(i as u32) };
            for &id in ids {
                if gated(id)
                    && let Some(site) = first_expr(types, method)
                {
                    found.push(Match { site, rule: id, func: Some(method), method: Some(method) });
                }
            }
        }
    }
}

/// Whether something that a write asks for is set to something else by it.
fn changed(eval: &Eval<'_>, site: Site, asked: &[Selector], set: &[Selector]) -> bool {
    use super::value::Value;
    let fields = |selectors: &[Selector]| -> Vec<(std::sync::Arc<str>, Value)> {
        let values =
            selectors.iter().flat_map(|selector| super::select::select(eval, site, selector).items());
        values
            .flat_map(|value| match value {
                Value::Object(object) => object.named().cloned().collect(),
                _ => Vec::new(),
            })
            .collect()
    };
    let set = fields(set);
    fields(asked).iter().any(|(name, asked)| set.iter().any(|(field, value)| field == name && value != asked))
}

fn first_expr(types: &Types<'_>, method: Fn) -> Option<Site> {
    let file = types.program.file(method.file);
    let expr = file.owners.iter().position(|&owner| owner == method.func.0)?;
    Some(Site { file: method.file, expr: ExprId(expr as u32) })
}

/// The matches of what stands at a place, of all in their order.
pub fn at(matches: &[Match], site: Site) -> impl Iterator<Item = &Match> {
    let start = matches.partition_point(|m| m.site < site);
    matches[start..].iter().take_while(move |m| m.site == site)
}

/// Whether any rule of `role` is among `rules`.
pub fn has_role(index: &Index<'_>, rules: &[RuleId], role: Role) -> bool {
    rules.iter().any(|&id| index.rule(id).role == role)
}
