//! Handing on: who really handles a message that a receive loop only passes along.
//!
//! A function that fetches a message and returns it, sends it into a channel or keeps it in a
//! field is a wrapper around the library. The handler is whoever reads it at the other end: the
//! caller, the function that receives from the channel, the one that reads the field.

use rustc_hash::FxHashSet;
use std::cell::LazyCell;
use std::sync::Arc;

use crate::syntax::facts::{Expr, ExprId, Facts, Stmt, Sym, UnaryOp};

use super::calls::{Callee, Graph};
use super::eval::Eval;
use super::instance::Instance;
use super::program::{Fn, Program, Site, Ty};
use super::scope::DefKind;
use super::types::Type;
use super::value::Closure;

/// How many hands a message is followed through.
const HANDS: u8 = 5;

/// A field of a type of the tree: `(type, name)`.
type Field = (Ty, Arc<str>);

/// What becomes of a message in the function that holds it.
#[derive(Default)]
struct Fate {
    /// It is returned.
    returned: bool,
    /// Fields that keep it, or whose channel it is sent into.
    fields: Vec<Field>,
    /// Parameters whose channel it is sent into.
    params: Vec<u32>,
}

/// Who handles what is received.
pub struct Readers {
    /// The functions, best first.
    pub handlers: Vec<Arc<Closure>>,
    /// No other function may be meant.
    pub sure: bool,
}

/// Finds the readers of messages that are handed on.
pub struct Handoff<'a> {
    /// Evaluation.
    pub eval: &'a Eval<'a>,
    /// Calls.
    pub graph: &'a Graph,
    /// The consumer's own object: a reader set up beside its registration is its own.
    pub instance: &'a Instance<'a>,
}

impl Handoff<'_> {
    /// The functions that handle what `site` receives: those who read it where `wrappers` only hand
    /// it on. Wrappers that return it are on the readers' own paths; others stay, behind them.
    pub fn readers(&self, site: Site, wrappers: &[Arc<Closure>]) -> Readers {
        let program = self.eval.types.program;
        let Some(own) = program.around(site) else {
            return Readers { handlers: wrappers.to_vec(), sure: true };
        };
        let mut fate = self.fate(site, own);
        // What subscribes may itself be handed on (`consumer.subscribe(&topics)?; consumer`).
        if let Some(subscriber) = self.receiver(site) {
            let with_it = self.fate(subscriber, own);
            let kept = self.kept(subscriber, own);
            fate.returned |= with_it.returned && kept.is_empty();
            fate.fields.extend(with_it.fields.into_iter().chain(kept));
        }
        let mut found = Vec::new();
        self.pass_on(own, &fate, HANDS, &mut FxHashSet::from_iter([site]), &mut found);
        found.retain(|closure| closure.func != own);
        // Others may read a field, and a caller that was not found may do anything.
        let one = fate.returned || !fate.params.is_empty();
        let sure = fate.fields.is_empty() && found.len() == usize::from(one);
        if found.is_empty() || !fate.returned {
            found.extend(wrappers.iter().cloned());
        }
        Readers { handlers: found, sure }
    }

    /// Follows the message out of `holder`; gives whether something at the other end takes it.
    fn pass_on(
        &self,
        holder: Fn,
        fate: &Fate,
        hands: u8,
        seen: &mut FxHashSet<Site>,
        found: &mut Vec<Arc<Closure>>,
    ) -> bool {
        let mut taken = false;
        for next in self.onward(holder, fate) {
            let Some(reader) = self.eval.types.program.around(next) else { continue };
            if reader == holder || !(self.instance.runs)(reader) {
                continue;
            }
            taken = true;
            let further = hands > 1
                && seen.insert(next)
                && self.pass_on(reader, &self.fate(next, reader), hands - 1, seen, found);
            if !further && !found.iter().any(|c| c.func == reader) {
                found.push(Arc::new(self.reader(reader)));
            }
        }
        taken
    }

    /// A reader bound to the call that sets it up beside the registration, where there is one.
    fn reader(&self, func: Fn) -> Closure {
        match self.instance.beside(func) {
            Some(binding) => Closure::bound(func, binding.receiver.clone(), vec![binding]),
            None => self.eval.symbolic(func),
        }
    }

    /// The places where what left `holder` turns up again.
    fn onward(&self, holder: Fn, fate: &Fate) -> Vec<Site> {
        let program = self.eval.types.program;
        let mut next = Vec::new();
        if fate.returned {
            let calls = || self.graph.calls_of(holder).map(|call| call.site);
            // A shared wrapper gives each of its callers the messages that this one asked for.
            match calls().find(|&site| site == self.instance.place) {
                Some(own) => next.push(own),
                None => next.extend(calls()),
            }
        }
        for &param in &fate.params {
            for call in self.graph.calls_of(holder) {
                let facts = program.facts(call.site.file);
                let Expr::Call { args, .. } = facts.expr(call.site.expr) else { continue };
                let arg = facts.list(args).get(param as usize);
                next.extend(arg.map(|&expr| Site { file: call.site.file, expr }));
            }
        }
        for field in &fate.fields {
            next.extend(self.reads(field));
        }
        next
    }

    /// Where a field is read, or known by the name of the local that was put into it.
    fn reads(&self, field: &Field) -> Vec<Site> {
        let program = self.eval.types.program;
        let (ty, name) = field;
        let kept = self.graph.writes.get(field).into_iter().flatten().map(|write| write.value);
        let by_name = |site: &Site| matches!(program.facts(site.file).expr(site.expr), Expr::Name(_));
        let mut found: Vec<Site> = kept.filter(by_name).collect();
        for file in 0..program.files.len() as u32 {
            let facts = program.facts(file);
            let written = LazyCell::new(|| written_fields(facts));
            for (i, expr) in facts.exprs.iter().enumerate() {
                let site = Site { file, expr: ExprId(i as u32) };
                if let Expr::Field { base, name: read } = *expr
                    && facts.text(read) == &**name
                    && matches!(self.eval.types.of(Site { file, expr: base }), Type::Named(of, _) if of == *ty)
                    && !written.contains(&site.expr)
                {
                    found.push(site);
                }
            }
        }
        found
    }

    /// The fields of struct literals in `holder` that are given what `site` names.
    fn kept(&self, site: Site, holder: Fn) -> Vec<Field> {
        let program = self.eval.types.program;
        let facts = program.facts(site.file);
        let mut found = Vec::new();
        for (i, expr) in facts.exprs.iter().enumerate() {
            let literal = Site { file: site.file, expr: ExprId(i as u32) };
            let Expr::Composite { ty, entries } = *expr else { continue };
            if ty.is_none() || program.around(literal) != Some(holder) {
                continue;
            }
            let Type::Named(ty, _) = self.eval.types.named_by(Site { file: site.file, expr: ty }) else {
                continue;
            };
            for entry in facts.list(entries).chunks(2).filter(|entry| entry.len() == 2) {
                if let Expr::Name(name) | Expr::Str(name) = facts.expr(entry[0])
                    && facts.expr(entry[1]) == facts.expr(site.expr)
                {
                    found.push((ty, facts.text(name).into()));
                }
            }
        }
        found
    }

    /// The local name that the call at `site` is made on.
    fn receiver(&self, site: Site) -> Option<Site> {
        let facts = self.eval.types.program.facts(site.file);
        let Expr::Call { callee, .. } = facts.expr(site.expr) else { return None };
        let Expr::Field { base, .. } = facts.expr(callee) else { return None };
        let Expr::Name(name) = facts.expr(base) else { return None };
        let base = Site { file: site.file, expr: base };
        let (_, def) = self.eval.types.local(base, name)?;
        matches!(def.kind, DefKind::Value(..)).then_some(base)
    }

    fn fate(&self, site: Site, holder: Fn) -> Fate {
        let program = self.eval.types.program;
        let facts = program.facts(site.file);
        let mut held =
            Holding { program, graph: self.graph, holder, seed: site.expr, names: FxHashSet::default() };
        if let Expr::Name(name) = facts.expr(site.expr) {
            held.names.insert(name);
        }
        let stmts = held.stmts();
        held.spread(&stmts);
        let mut fate = Fate::default();
        for stmt in stmts {
            match stmt {
                Stmt::Send { channel, value } if held.is(value) => self.leaves(holder, channel, &mut fate),
                Stmt::Assign { targets, values, .. } => {
                    // The message itself, not something noted of it (`c.offset = m.Offset`).
                    for (&target, &value) in facts.list(targets).iter().zip(facts.list(values)) {
                        let whole = matches!(facts.expr(value), Expr::Name(_) | Expr::Call { .. });
                        let field = matches!(facts.expr(target), Expr::Field { .. });
                        if whole && field && held.is(value) && !held.is(target) {
                            self.leaves(holder, target, &mut fate);
                        }
                    }
                }
                _ => {}
            }
        }
        let decl = facts.func(holder.func);
        let kinds = facts.params(&decl.results);
        let scope = &program.file(holder.file).scopes[holder.func.0 as usize];
        fate.returned = scope.returns.iter().any(|values| {
            facts.list(*values).iter().enumerate().any(|(i, &value)| {
                let verdict = kinds.get(i).is_some_and(|p| is_verdict(facts, p.ty));
                !verdict && held.is(value)
            })
        });
        fate
    }

    /// Notes that the message leaves through `target`: a field or a parameter.
    fn leaves(&self, holder: Fn, target: ExprId, fate: &mut Fate) {
        let facts = self.eval.types.program.facts(holder.file);
        let site = Site { file: holder.file, expr: target };
        match facts.expr(target) {
            Expr::Field { base, name } => {
                if let Type::Named(ty, _) = self.eval.types.of(Site { file: holder.file, expr: base }) {
                    fate.fields.push((ty, facts.text(name).into()));
                }
            }
            // One of the channels that a map keeps.
            Expr::Index { base, .. } => self.leaves(holder, base, fate),
            Expr::Name(name) => match self.eval.types.local(site, name) {
                Some((owner, def)) if owner == holder => match def.kind {
                    DefKind::Param(i) => fate.params.push(i),
                    DefKind::Value(value, _) => self.leaves(holder, value, fate),
                    _ => {}
                },
                _ => {}
            },
            _ => {}
        }
    }
}

/// What of a function holds the message, by the names of its locals.
struct Holding<'a> {
    program: &'a Program,
    graph: &'a Graph,
    holder: Fn,
    seed: ExprId,
    names: FxHashSet<Sym>,
}

impl<'a> Holding<'a> {
    fn facts(&self) -> &'a Facts {
        self.program.facts(self.holder.file)
    }

    /// The assignments and sends of the function and the closures in it.
    fn stmts(&self) -> Vec<Stmt> {
        let facts = self.facts();
        let inside =
            |expr: ExprId| self.program.around(Site { file: self.holder.file, expr }) == Some(self.holder);
        let of = |stmt: &&Stmt| match **stmt {
            Stmt::Assign { values, .. } => facts.list(values).first().is_some_and(|&v| inside(v)),
            Stmt::Send { value, .. } => inside(value),
            Stmt::Loop { over, .. } => !over.is_none() && inside(over),
            Stmt::Expr(expr) => inside(expr),
            _ => false,
        };
        facts.stmts.iter().filter(of).copied().collect()
    }

    /// Adds the names that what is held is assigned to, until there are no more.
    fn spread(&mut self, stmts: &[Stmt]) {
        let facts = self.facts();
        for _ in 0..6 {
            let before = self.names.len();
            for stmt in stmts {
                match *stmt {
                    Stmt::Assign { targets, values, .. } => {
                        let targets = facts.list(targets);
                        let values = facts.list(values);
                        for (i, &target) in targets.iter().enumerate() {
                            let value = if values.len() == 1 { values.first() } else { values.get(i) };
                            // `v, ok := m[k]`: whether it is there is not what is there.
                            let flag = i > 0 && values.len() == 1;
                            if flag && !matches!(facts.expr(values[0]), Expr::Call { .. }) {
                                continue;
                            }
                            if value.is_some_and(|&v| self.is(v)) {
                                self.name(target);
                            }
                        }
                        for &value in values {
                            self.filled(value);
                        }
                    }
                    Stmt::Loop { targets, over, .. } if self.is(over) => {
                        for &target in facts.list(targets) {
                            self.name(target);
                        }
                    }
                    Stmt::Send { channel, value } if self.is(value) => self.name(channel),
                    Stmt::Expr(expr) => self.filled(expr),
                    _ => {}
                }
            }
            if self.names.len() == before {
                break;
            }
        }
    }

    /// `json.Unmarshal(msg.Value, &order)` puts the message into `order`.
    fn filled(&mut self, call: ExprId) {
        let facts = self.facts();
        let Expr::Call { args, .. } = facts.expr(call) else { return };
        let args = facts.list(args);
        if !args.iter().any(|&a| self.is(a)) {
            return;
        }
        for &arg in args {
            if let Expr::Unary { op: UnaryOp::AddressOf, operand } = facts.expr(arg) {
                self.name(operand);
            }
        }
    }

    fn name(&mut self, target: ExprId) {
        let facts = self.facts();
        let file = self.program.file(self.holder.file);
        if let Expr::Name(name) = facts.expr(target)
            && !matches!(facts.text(name), "_" | "err" | "ok")
            && !file.errors.contains(&(self.holder.func, name))
        {
            self.names.insert(name);
        }
    }

    /// Whether an expression is the message, a part of it or something made of it.
    fn is(&self, expr: ExprId) -> bool {
        if expr.is_none() {
            return false;
        }
        if expr == self.seed {
            return true;
        }
        let facts = self.facts();
        match facts.expr(expr) {
            Expr::Name(name) => self.names.contains(&name),
            Expr::Field { base, .. } | Expr::Slice(base) | Expr::Index { base, .. } => self.is(base),
            Expr::Unary { operand, .. } => self.is(operand),
            Expr::Assert { value, .. } => self.is(value),
            Expr::Composite { entries, .. } => facts.list(entries).iter().any(|&e| self.is(e)),
            Expr::Call { callee, args, .. } => {
                let on = match facts.expr(callee) {
                    Expr::Field { base, .. } => self.is(base),
                    _ => false,
                };
                (on || facts.list(args).iter().any(|&a| self.is(a))) && self.converts(expr)
            }
            _ => false,
        }
    }

    /// Whether what a call gives is what it was given in another form: library calls and functions
    /// of the tree that do nothing but build.
    fn converts(&self, expr: ExprId) -> bool {
        match self.graph.at(Site { file: self.holder.file, expr }).map(|c| &c.callee) {
            Some(Callee::Tree(targets)) => targets.iter().all(|&target| {
                let builds =
                    |c: &Callee| matches!(c, Callee::Builtin | Callee::Library { method: false, .. });
                self.graph.calls_in(target).all(|call| builds(&call.callee))
            }),
            Some(Callee::Library { .. } | Callee::Builtin) => true,
            _ => false,
        }
    }
}

/// `error` and `bool` tell how it went, not what was received.
fn is_verdict(facts: &Facts, ty: ExprId) -> bool {
    matches!(facts.expr(ty), Expr::Name(name) if matches!(facts.text(name), "error" | "bool"))
}

/// Fields that are assigned to or sent into, also by element.
fn written_fields(facts: &Facts) -> FxHashSet<ExprId> {
    let mut found = FxHashSet::default();
    for stmt in &facts.stmts {
        match *stmt {
            Stmt::Assign { targets, .. } => {
                found.extend(facts.list(targets).iter().map(|&target| match facts.expr(target) {
                    Expr::Index { base, .. } => base,
                    _ => target,
                }));
            }
            Stmt::Send { channel, .. } => {
                found.insert(channel);
            }
            _ => {}
        }
    }
    found
}
