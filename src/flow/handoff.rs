//! Handing on: who really handles a message that a receive loop only passes along.
//!
//! A function that fetches a message and returns it, sends it into a channel or keeps it in a
//! field is a wrapper around the library. The handler is whoever reads it at the other end: the
//! caller, the function that receives from the channel, the one that reads the field.

mod beyond;
mod holding;
mod uses;

use rustc_hash::FxHashSet;
use std::cell::LazyCell;
use std::sync::Arc;

use crate::syntax::facts::{Expr, ExprId, Facts, Stmt, UnaryOp};

use super::calls::{CallSite, Callee, Graph};
use super::eval::Eval;
use super::instance::Instance;
use super::program::{Fn, Site, Ty};
use super::scope::DefKind;
use super::types::Type;
use super::value::Closure;
use holding::{Holding, Seed};
use uses::Uses;

/// How many hands a message is followed through.
const HANDS: u8 = 5;
/// How far what a wrapper calls back is followed through fields and parameters.
const CALLBACK: u8 = 6;

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
    /// Parameters that it is decoded into.
    filled: Vec<u32>,
    /// Parameters of functions that it is given to, with the calls: it may be what messages are read from.
    given: Vec<(Fn, u32, Site)>,
}

impl Fate {
    /// Whether it turns up somewhere else than where it is given.
    fn leaves(&self) -> bool {
        self.returned || !self.fields.is_empty() || !self.params.is_empty() || !self.filled.is_empty()
    }
}

/// Who handles what is received.
pub struct Readers {
    /// The functions, best first.
    pub handlers: Vec<Arc<Closure>>,
    /// The function that those hand the message to, where that is all they do.
    pub behind: Option<Arc<Closure>>,
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
    /// Which calls decode.
    pub decodes: &'a dyn std::ops::Fn(Site) -> bool,
}

/// One search for readers.
#[derive(Default)]
struct Search {
    seen: FxHashSet<Site>,
    /// With where each has the message.
    found: Vec<(Arc<Closure>, Option<Site>)>,
    /// What messages are read from was given to another function, which hands them on.
    led: bool,
    /// A field or a channel was on the way: others may read it as well.
    kept: bool,
}

impl Handoff<'_> {
    /// The functions that handle what `site` receives: those who read it where `wrappers` only hand
    /// it on. Wrappers that return it are on the readers' own paths; others stay, behind them.
    pub fn readers(&self, site: Site, wrappers: &[Arc<Closure>]) -> Readers {
        let program = self.eval.types.program;
        let Some(own) = program.around(site) else {
            return Readers { handlers: wrappers.to_vec(), behind: None, sure: false };
        };
        let mut fate = self.fate(Seed::At(site.expr), own, site.file);
        // What subscribes may itself be handed on (`consumer.subscribe(&topics)?; consumer`).
        if let Some(subscriber) = self.receiver(site) {
            let with_it = self.fate(Seed::At(subscriber.expr), own, site.file);
            let kept = self.kept(subscriber, own);
            fate.returned |= with_it.returned && kept.is_empty();
            fate.fields.extend(with_it.fields.into_iter().chain(kept));
        }
        self.note_channels(site, own, &mut fate);
        let mut search = Search { seen: FxHashSet::from_iter([site]), ..Search::default() };
        self.pass_on(own, &fate, HANDS, None, &mut search);
        let Search { mut found, led, kept, .. } = search;
        found.retain(|(closure, _)| closure.func != own);
        if found.is_empty() && !led {
            return self.own(site, &fate, wrappers, own);
        }
        let gives_back = fate.returned || !fate.filled.is_empty();
        if led || found.is_empty() || !gives_back {
            if !led {
                found.extend(wrappers.iter().map(|closure| (closure.clone(), None)));
            }
            let handlers = found.into_iter().map(|(closure, _)| closure).collect();
            return Readers { handlers, behind: None, sure: false };
        }
        // Whoever called the function that gives the message back handles it, if that is one.
        let (behind, here) = match &found[..] {
            [(reader, Some(next))] => self.beyond(reader, Seed::At(next.expr), HANDS),
            _ => (None, false),
        };
        let handlers: Vec<Arc<Closure>> = found.into_iter().map(|(closure, _)| closure).collect();
        Readers { sure: here && !kept && handlers.len() == 1, behind, handlers }
    }

    /// What there is to say where nobody else is seen to read the message.
    fn own(&self, site: Site, fate: &Fate, wrappers: &[Arc<Closure>], own: Fn) -> Readers {
        let program = self.eval.types.program;
        let seed = Seed::At(site.expr);
        let uses = Uses::of(self.eval, &Holding::of(program, self.graph, own, seed));
        let go = !program.facts(own.file).lang.files_are_modules();
        // A function that gives the message back is not its handler, whoever that is.
        let gives_back = fate.returned || !fate.filled.is_empty();
        if go && gives_back && !uses.here() || self.told_nothing(&uses, wrappers) {
            return Readers { handlers: Vec::new(), behind: None, sure: false };
        }
        let own = wrappers.iter().find(|wrapper| program.outermost(wrapper.func) == own);
        let (behind, here) = own.map_or((None, false), |own| self.beyond(own, seed, HANDS));
        // Other languages pass messages in more ways than are looked at here.
        let here = here || !go && uses.kept.is_empty();
        Readers { handlers: wrappers.to_vec(), behind, sure: here && !fate.leaves() && wrappers.len() == 1 }
    }

    /// Follows the message out of `holder`; gives whether something at the other end takes it. `setup`
    /// is the call that handed over what the messages are read from.
    fn pass_on(&self, holder: Fn, fate: &Fate, hands: u8, setup: Option<Site>, search: &mut Search) -> bool {
        let program = self.eval.types.program;
        let mut taken = false;
        search.kept |= !fate.fields.is_empty() || !fate.params.is_empty();
        for next in self.onward(holder, fate) {
            let Some(reader) = program.around(next) else { continue };
            if reader == holder || !(self.instance.runs)(reader) {
                continue;
            }
            taken = true;
            let further = hands > 1 && search.seen.insert(next) && {
                let fate = self.fate(Seed::At(next.expr), reader, next.file);
                self.pass_on(reader, &fate, hands - 1, setup, search)
            };
            if !further {
                self.arrive(reader, next, setup, search);
            }
        }
        for &(callee, param, call) in &fate.given {
            let Some(hands) = hands.checked_sub(1).filter(|&left| left > 0) else { continue };
            if !search.seen.insert(call) || !(self.instance.runs)(callee) {
                continue;
            }
            let Some(inner) = self.drawn(callee, param) else { continue };
            taken |= self.pass_on(callee, &inner, hands, setup.or(Some(call)), search);
        }
        taken
    }

    /// What becomes of the messages that `func` reads from what its parameter is; nothing where it may
    /// be a message itself.
    fn drawn(&self, func: Fn, param: u32) -> Option<Fate> {
        let program = self.eval.types.program;
        let facts = program.facts(func.file);
        let param = facts.params(&facts.func(func.func).params).get(param as usize)?;
        let seed = Seed::Source(param.name);
        let fate = self.fate(seed, func, func.file);
        let channel = || {
            let ty = self.eval.types.named_by(Site { file: func.file, expr: param.ty });
            matches!(ty, Type::Chan(_))
        };
        if Holding::of(program, self.graph, func, seed).draws(channel()) {
            return Some(Fate { returned: false, ..fate });
        }
        Some(Fate { given: fate.given, ..Fate::default() })
    }

    /// Notes who reads the message at the end of the way. Where that only runs what it was told to, and
    /// messages were led there, the calls beside the one that led them tell what.
    fn arrive(&self, reader: Fn, next: Site, setup: Option<Site>, search: &mut Search) {
        let program = self.eval.types.program;
        let handler = match setup {
            None => Arc::new(self.reader(reader)),
            Some(setup) => {
                search.led = true;
                let held = Holding::of(program, self.graph, reader, Seed::At(next.expr));
                let uses = Uses::of(self.eval, &held);
                match uses.kept.first() {
                    Some(&call) if !uses.read => match self.told_beside(setup, call) {
                        Some(told) => told,
                        None => return,
                    },
                    _ => Arc::new(self.reader(reader)),
                }
            }
        };
        if !search.found.iter().any(|(known, _)| known.func == handler.func) {
            search.found.push((handler, Some(next)));
        }
    }

    /// A reader bound to the call that sets it up beside the registration, where there is one.
    fn reader(&self, func: Fn) -> Closure {
        match self.instance.given(func).or_else(|| self.instance.beside(func)) {
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
            let own = |site: &Site| *site == self.instance.place || self.instance.hops.contains(site);
            match calls().find(own) {
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
        for &param in &fate.filled {
            // Who reads what another call filled is told by the calls that led here.
            for call in self.graph.calls_of(holder).filter(|call| self.instance.hops.contains(&call.site)) {
                let facts = program.facts(call.site.file);
                let Expr::Call { args, .. } = facts.expr(call.site.expr) else { continue };
                let Some(&arg) = facts.list(args).get(param as usize) else { continue };
                let expr = match facts.expr(arg) {
                    Expr::Unary { op: UnaryOp::AddressOf, operand } => operand,
                    _ => arg,
                };
                next.push(Site { file: call.site.file, expr });
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
            let lent = LazyCell::new(|| self.lent(file));
            for (i, expr) in facts.exprs.iter().enumerate() {
                let site = Site { file, expr: ExprId(i as u32) };
                if let Expr::Field { base, name: read } = *expr
                    && facts.text(read) == &**name
                    && matches!(self.eval.types.of(Site { file, expr: base }), Type::Named(of, _) if of == *ty)
                    && !written.contains(&site.expr)
                    // `close(c.messages)` and a subscription that sends into it read nothing.
                    && !(lent.contains(&site.expr) && self.is_channel(site))
                {
                    found.push(site);
                }
            }
        }
        found
    }

    /// What stands as an argument of calls of libraries and of the language.
    fn lent(&self, file: u32) -> FxHashSet<ExprId> {
        let facts = self.eval.types.program.facts(file);
        let mut found = FxHashSet::default();
        for (i, expr) in facts.exprs.iter().enumerate() {
            let Expr::Call { args, .. } = *expr else { continue };
            let call = self.graph.at(Site { file, expr: ExprId(i as u32) });
            if matches!(call.map(|call| &call.callee), Some(Callee::Library { .. } | Callee::Builtin)) {
                found.extend(facts.list(args));
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

    /// Notes where the channels go that the library sends the messages into
    /// (`conn.ChanSubscribe(topic, r.messages)`).
    fn note_channels(&self, site: Site, own: Fn, fate: &mut Fate) {
        let facts = self.eval.types.program.facts(site.file);
        let Expr::Call { args, .. } = facts.expr(site.expr) else { return };
        for &channel in facts.list(args) {
            if !self.is_channel(Site { file: site.file, expr: channel }) {
                continue;
            }
            self.leaves(own, channel, fate);
            if let Expr::Name(_) = facts.expr(channel) {
                let held = self.fate(Seed::At(channel), own, site.file);
                fate.returned |= held.returned;
                fate.fields.extend(held.fields);
                fate.params.extend(held.params);
            }
        }
    }

    fn is_channel(&self, site: Site) -> bool {
        matches!(self.eval.types.of(site), Type::Chan(_))
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

    fn fate(&self, seed: Seed, holder: Fn, file: u32) -> Fate {
        let program = self.eval.types.program;
        let facts = program.facts(file);
        let held = Holding::of(program, self.graph, holder, seed);
        let mut fate = Fate::default();
        for stmt in held.stmts() {
            match stmt {
                Stmt::Send { channel, value } if held.is(value) => self.leaves(holder, channel, &mut fate),
                Stmt::Assign { targets, values, .. } => {
                    // The message itself, not something noted of it (`c.offset = m.Offset`).
                    for (&target, &value) in facts.list(targets).iter().zip(facts.list(values)) {
                        let whole = matches!(facts.expr(value), Expr::Name(_) | Expr::Call { .. });
                        let field = matches!(facts.expr(target), Expr::Field { .. });
                        if whole && field && held.is_whole(value) && !held.is(target) {
                            self.leaves(holder, target, &mut fate);
                        }
                    }
                }
                _ => {}
            }
        }
        for call in held.calls() {
            let Expr::Call { args, .. } = facts.expr(call.site.expr) else { continue };
            if self.decodes(call) {
                fate.filled.extend(self.filled(&held, facts.list(args)));
            }
            let Callee::Tree(targets) = &call.callee else { continue };
            for (at, &arg) in facts.list(args).iter().enumerate() {
                let whole = matches!(facts.expr(arg), Expr::Name(_) | Expr::Call { .. });
                if whole && held.is_whole(arg) {
                    fate.given.extend(targets.iter().map(|&target| (target, at as u32, call.site)));
                }
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

    /// Whether a call decodes, itself or by what it does at once.
    fn decodes(&self, call: &CallSite) -> bool {
        (self.decodes)(call.site)
            || match &call.callee {
                Callee::Tree(targets) => targets
                    .iter()
                    .any(|&target| self.graph.calls_in(target).any(|call| (self.decodes)(call.site))),
                _ => false,
            }
    }

    /// The parameter that a call of two puts the message into (`json.Unmarshal(body, value)`).
    fn filled(&self, held: &Holding<'_>, args: &[ExprId]) -> Option<u32> {
        let facts = held.facts();
        let &[message, into] = args else { return None };
        let Expr::Name(name) = facts.expr(into) else { return None };
        let site = Site { file: held.holder.file, expr: into };
        let (owner, def) = self.eval.types.local(site, name)?;
        let DefKind::Param(at) = def.kind else { return None };
        (owner == held.holder && held.is(message) && !held.is(into)).then_some(at)
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
