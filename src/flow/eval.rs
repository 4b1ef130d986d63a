//! Evaluation: expression → [`Value`].
//!
//! Calls into the tree are looked through (their return expressions are evaluated and the
//! arguments substituted), calls into libraries are kept as [`Made`]. Depth and work are bounded;
//! what is cut is `Opaque`, never wrong.

mod apply;
mod builtin;
mod called;
mod class;
mod composite;
mod lent;
mod members;
mod stores;
#[cfg(test)]
mod tests;

use crate::syntax::facts::{BinaryOp, Expr, ExprId, Lang, Sym, UnaryOp};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::program::{Decl, Fn, Global, Site, Target, Ty};
use super::pure;
use super::scope::{DefKind, Write};
use super::types::{Member, Type, Types};
use super::value::{Applied, Closure, Made, Object, Value, step_name};
pub use stores::entries;

/// Evaluates expressions; one per task, since it counts its work.
pub struct Eval<'a> {
    /// Answers about types.
    pub types: &'a Types<'a>,
    steps: Cell<u32>,
    cuts: Cell<u32>,
    /// How many of the cuts were for want of steps rather than of depth.
    starved: Cell<u32>,
    /// How many evaluations are under way.
    level: Cell<u32>,
    /// The outermost evaluation under way that what is being evaluated ran into again.
    outermost: Cell<u32>,
    memo: RefCell<FxHashMap<(Site, u32), Known>>,
    /// Keys of what is [`Known::Within`] some evaluation under way, oldest first.
    within: RefCell<Vec<(Site, u32)>>,
    returns: RefCell<FxHashMap<(Fn, u32), Value>>,
    /// What the names of types without arguments are, as far as it was asked.
    members: RefCell<FxHashMap<Ty, Members>>,
    /// The element that stands for a loop's own, where the rounds are told apart.
    round: Option<stores::Round>,
}

/// What the names of a type are.
type Members = FxHashMap<Box<str>, Option<Member>>;

/// What is known of an expression.
enum Known {
    /// It is being evaluated, at this level: who asks is part of a cycle.
    UnderWay(u32),
    /// Its value as part of a cycle that is entered at this level; good until that is left.
    Within(u32, Value),
    /// Its value.
    Whole(Value),
    /// What is known of it from this level on: something below it lies too deep. From a higher level
    /// more of it is in reach.
    Cut(u32, Value),
}

const STEPS: u32 = 100_000;
const DEPTH: u32 = 40;

impl<'a> Eval<'a> {
    /// A fresh evaluator.
    pub fn new(types: &'a Types<'a>) -> Eval<'a> {
        Eval {
            types,
            steps: Cell::new(0),
            cuts: Cell::new(0),
            starved: Cell::new(0),
            level: Cell::new(0),
            outermost: Cell::new(u32::MAX),
            memo: RefCell::default(),
            within: RefCell::default(),
            returns: RefCell::default(),
            members: RefCell::default(),
            round: None,
        }
    }

    /// The value of an expression, with its function's parameters as symbols.
    pub fn value(&self, site: Site) -> Value {
        self.steps.set(0);
        self.nth(site, 0)
    }

    /// The n-th value of an expression (a call may give several). One that rests on itself is
    /// [`Value::Opaque`] there.
    pub fn nth(&self, site: Site, index: u32) -> Value {
        if site.expr.is_none() {
            return Value::Unset;
        }
        let key = (site, index);
        let level = self.level.get();
        match self.memo.borrow().get(&key) {
            Some(Known::Whole(value)) => return value.clone(),
            Some(Known::Within(level, value)) => {
                self.outermost.set(self.outermost.get().min(*level));
                return value.clone();
            }
            Some(Known::UnderWay(level)) => {
                self.outermost.set(self.outermost.get().min(*level));
                return Value::Opaque(Some(site));
            }
            Some(Known::Cut(from, value)) if *from <= level => {
                self.cuts.set(self.cuts.get() + 1);
                return value.clone();
            }
            Some(Known::Cut(..)) | None => {}
        }
        let started = self.steps.get() + 1;
        self.steps.set(started);
        if started > STEPS || level > DEPTH {
            self.cut(started > STEPS);
            return Value::Opaque(Some(site));
        }
        let (cuts, short) = (self.cuts.get(), self.starved.get());
        let outer = self.outermost.replace(u32::MAX);
        let members = self.within.borrow().len();
        self.level.set(level + 1);
        self.memo.borrow_mut().insert(key, Known::UnderWay(level));
        let mut value = self.eval(site, index);
        if value.is_vast() {
            value = Value::Opaque(Some(site));
        }
        self.level.set(level);
        let entered = self.outermost.get();
        let mut memo = self.memo.borrow_mut();
        let mut within = self.within.borrow_mut();
        // What was part of a cycle through here alone is evaluated anew by whoever enters elsewhere.
        let mut kept = members;
        for at in members..within.len() {
            let member = within[at];
            if matches!(memo.get(&member), Some(Known::Within(head, _)) if *head < level) {
                within[kept] = member;
                kept += 1;
            } else {
                memo.remove(&member);
            }
        }
        within.truncate(kept);
        // What a bound cut short is not the value: it may be whole from another start, unless the
        // evaluation alone is too long.
        let whole = self.cuts.get() == cuts || self.steps.get() - started > STEPS / 2;
        if !whole && self.starved.get() == short && entered >= level {
            memo.insert(key, Known::Cut(level, value.clone()));
        } else if !whole {
            memo.remove(&key);
        } else if entered < level {
            memo.insert(key, Known::Within(entered, value.clone()));
            within.push(key);
        } else {
            memo.insert(key, Known::Whole(value.clone()));
        }
        self.outermost.set(if entered < level { outer.min(entered) } else { outer });
        value
    }

    /// Notes that something was left out: for want of steps, or of depth.
    fn cut(&self, starved: bool) {
        self.cuts.set(self.cuts.get() + 1);
        self.starved.set(self.starved.get() + u32::from(starved));
    }

    fn eval(&self, site: Site, index: u32) -> Value {
        let program = self.types.program;
        let facts = program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        match facts.expr(site.expr) {
            Expr::Str(text) => Value::Str(facts.text(text).into()),
            Expr::Number(text) => Value::Literal(facts.text(text).into()),
            Expr::Bool(value) => Value::Literal(if value { "true" } else { "false" }.into()),
            Expr::Nil => Value::Literal("nil".into()),
            Expr::Name(name) => self.name(site, name),
            Expr::Field { base, name } => self.field_expr(site, base, name),
            Expr::Call { callee, args, spread } => self.call(site, callee, facts.list(args), spread, index),
            Expr::Composite { .. } => self.composite(site, &Type::Unknown),
            Expr::Closure(func) => {
                Value::Func(Arc::new(self.awaiting(Closure::written(Fn { file: site.file, func }))))
            }
            Expr::Unary {
                op: UnaryOp::AddressOf | UnaryOp::Deref | UnaryOp::Await | UnaryOp::Try,
                operand,
            } => self.nth(at(operand), index),
            // Whether the channel is open.
            Expr::Unary { op: UnaryOp::Receive, .. } if index > 0 => Value::Typed(Type::Basic("bool".into())),
            Expr::Unary { op: UnaryOp::Receive, operand } => Value::Element(self.nth(at(operand), 0).into()),
            Expr::Binary { op: BinaryOp::Add, left, right } => {
                Value::concat(vec![self.nth(at(left), 0), self.nth(at(right), 0)])
            }
            Expr::Binary { op: BinaryOp::Coalesce | BinaryOp::Or, left, right } => {
                Value::one_of(vec![self.nth(at(left), 0), self.nth(at(right), 0)])
            }
            Expr::Binary { op: BinaryOp::Mul, left, right } => {
                pure::multiply(program, &self.nth(at(left), 0), &self.nth(at(right), 0))
                    .unwrap_or(Value::Opaque(Some(site)))
            }
            Expr::Conditional { then, otherwise, .. } => {
                Value::one_of(vec![self.nth(at(then), 0), self.nth(at(otherwise), 0)])
            }
            Expr::Template(parts) => {
                Value::concat(facts.list(parts).iter().map(|&part| self.nth(at(part), 0)).collect())
            }
            Expr::Index { base, args } => self.index(site, base, facts.list(args)),
            Expr::Slice(base) => self.nth(at(base), 0),
            // What is asserted is known by the type it is asserted to, when by nothing else.
            Expr::Assert { value, .. } => match self.nth(at(value), 0) {
                Value::Opaque(_) => Value::Opaque(Some(site)),
                known => known,
            },
            _ => Value::Opaque(Some(site)),
        }
    }

    fn name(&self, site: Site, name: Sym) -> Value {
        let Some((owner, def)) = self.types.local(site, name) else {
            return match self.types.program.lookup(site.file, name) {
                Some(decl) => self.decl(decl, site),
                None => Value::Opaque(Some(site)),
            };
        };
        let at = |expr| Site { file: owner.file, expr };
        let value = match def.kind {
            DefKind::Param(i) => self.passed(owner, i).unwrap_or(Value::Param(owner, i)),
            DefKind::Receiver => Value::Receiver(owner),
            DefKind::Value(expr, index) => {
                if let Some(wrapped) = self.wrapped(owner, name, def) {
                    return wrapped;
                }
                let latest = self.nth(at(expr), index);
                self.with_alternatives(owner, name, def.pos, def.reassigned && def.nested, latest)
            }
            DefKind::Narrowed(expr, _) => self.nth(at(expr), 0),
            DefKind::RangeElement(over) => self.looped(at(over)),
            DefKind::RangeKey(over) => Value::Field(self.nth(at(over), 0).into(), "key".into()),
            DefKind::Typed(ty) => Value::Typed(self.types.named_by(at(ty))),
            DefKind::Result(_) => self.reassigned_result(owner, name, site),
        };
        let value = self.with_writes(owner, name, site, value);
        let value = self.with_helpers(owner, name, site, value);
        self.filled(owner.file, Some(owner), name, value)
    }

    /// `v := env(); if v == "" { v = "default" }`: a reassigned name may hold what it held before.
    fn with_alternatives(&self, owner: Fn, name: Sym, pos: u32, sometimes: bool, latest: Value) -> Value {
        if !sometimes {
            return latest;
        }
        let scope = &self.types.program.file(owner.file).scopes[owner.func.0 as usize];
        let mut values = vec![latest];
        for def in scope.defs.iter().rev().filter(|d| d.name == name && d.pos < pos) {
            if let DefKind::Value(expr, index) = def.kind {
                values.push(self.nth(Site { file: owner.file, expr }, index));
            }
            if let DefKind::Param(i) = def.kind {
                values.push(Value::Param(owner, i));
            }
            if !def.reassigned {
                break;
            }
        }
        Value::one_of(values)
    }

    fn reassigned_result(&self, owner: Fn, name: Sym, site: Site) -> Value {
        let scope = &self.types.program.file(owner.file).scopes[owner.func.0 as usize];
        let values: Vec<Value> = scope
            .defs
            .iter()
            .filter(|d| d.name == name)
            .filter_map(|d| match d.kind {
                DefKind::Value(expr, index) => Some(self.nth(Site { file: owner.file, expr }, index)),
                _ => None,
            })
            .collect();
        if values.is_empty() { Value::Opaque(Some(site)) } else { Value::one_of(values) }
    }

    /// Applies `x.field = v` written before the use to the literal that `x` holds.
    fn with_writes(&self, owner: Fn, name: Sym, site: Site, value: Value) -> Value {
        let object = match &value {
            Value::Object(object) => object.clone(),
            // `var x T` with fields set one by one.
            Value::Typed(ty @ (Type::Named(..) | Type::Map(..))) => {
                Arc::new(Object::new(ty.clone(), Vec::new(), site))
            }
            // A map that the caller made: what is put into it comes on top of what is there.
            Value::Param(..) if matches!(self.type_of(&value), Type::Map(..)) => {
                Arc::new(stores::upon(self.type_of(&value), value.clone(), site))
            }
            _ => return value,
        };
        let file = self.types.program.file(owner.file);
        let facts = &file.facts;
        let mut copied = Vec::new();
        let writes: Vec<(&Write, Arc<str>)> = file.scopes[owner.func.0 as usize]
            .writes
            .iter()
            .filter_map(|write| match facts.expr(write.target) {
                Expr::Field { base, name: field } if facts.expr(base) == Expr::Name(name) => {
                    Some((write, facts.text(field).into()))
                }
                Expr::Index { base, args } if facts.expr(base) == Expr::Name(name) => {
                    let key = *facts.list(args).first()?;
                    match self.nth(Site { file: owner.file, expr: key }, 0) {
                        Value::Str(key) => Some((write, key)),
                        // `for k, v := range other { m[k] = v }`: all of the other's entries.
                        Value::Field(base, step) if &*step == "key" => {
                            copied.push((*base).clone());
                            None
                        }
                        _ => None,
                    }
                }
                _ => None,
            })
            .collect();
        // A write below the use does not count, except in another function (a closure's parent).
        let here = self.types.program.owner(site) == Some(owner);
        let pos = facts.expr_pos.get(site.expr.0 as usize).copied().unwrap_or(u32::MAX);
        let mut fields = object.fields.clone();
        let mut changed = false;
        for (write, field) in writes.into_iter().filter(|(w, _)| !here || w.pos < pos) {
            let written = self.nth(Site { file: owner.file, expr: write.value }, write.index);
            // `if m.Items == nil { m.Items = map[…]…{} }` says nothing of what is there otherwise.
            if write.nested && written.is_bare() {
                continue;
            }
            fields.retain(|(name, _)| *name != field);
            fields.push((field, written));
            changed = true;
        }
        if !changed && copied.is_empty() {
            return value;
        }
        copied.push(Value::Object(Arc::new(Object::new(object.ty.clone(), fields, object.site))));
        Value::one_of(copied)
    }

    fn decl(&self, decl: Decl, site: Site) -> Value {
        match decl {
            Decl::Func(func) => Value::Func(Arc::new(Closure::plain(func))),
            Decl::Global(global) => self.global(global),
            Decl::Type(ty) => {
                let _ = site;
                Value::Typed(Type::Named(ty, Arc::from([])))
            }
        }
    }

    fn global(&self, global: Global) -> Value {
        let facts = self.types.program.facts(global.file);
        let item = &facts.globals[global.index as usize];
        // `let client: Client | null = null` is there to be filled later.
        let empty = item.value.is_none() || !item.ty.is_none() && facts.expr(item.value) == Expr::Nil;
        if empty {
            let value = Value::Typed(self.types.named_by(Site { file: global.file, expr: item.ty }));
            return self.extended(global, value);
        }
        let value = self.nth(Site { file: global.file, expr: item.value }, 0);
        let value = self.extended(global, value);
        self.filled(global.file, None, item.name, value)
    }

    fn field_expr(&self, site: Site, base: ExprId, name: Sym) -> Value {
        let program = self.types.program;
        let facts = program.facts(site.file);
        let text = facts.text(name);
        match self.types.package_qualifier(site.file, base) {
            Some(Target::Package(package)) => match program.decl(*package, text) {
                Some(decl) => self.decl(decl, site),
                None => Value::Opaque(Some(site)),
            },
            Some(Target::External(path)) => {
                let ty = Type::External(*path, "".into());
                Value::Made(Arc::new(Made::mention(*path, "".into(), text.into(), ty, site)))
            }
            None => {
                if let Some(value) = self.just_written(site, base, name) {
                    return value;
                }
                let base = Site { file: site.file, expr: base };
                let value = self.nth(base, 0);
                let ty = self.types.of(base);
                self.member_value(value, &ty, text)
            }
        }
    }

    /// `this.name = value; this.name.start();`: what the same function wrote before.
    fn just_written(&self, site: Site, base: ExprId, name: Sym) -> Option<Value> {
        let file = self.types.program.file(site.file);
        let facts = &file.facts;
        let Expr::Name(this) = facts.expr(base) else { return None };
        if !facts.lang.files_are_modules() {
            return None;
        }
        let (owner, def) = self.types.local(Site { file: site.file, expr: base }, this)?;
        if def.kind != DefKind::Receiver || self.types.program.owner(site) != Some(owner) {
            return None;
        }
        let pos = facts.expr_pos[site.expr.0 as usize];
        let same = |target: ExprId| match facts.expr(target) {
            Expr::Field { base, name: field } => field == name && facts.expr(base) == Expr::Name(this),
            _ => false,
        };
        let writes = &file.scopes[owner.func.0 as usize].writes;
        let write = writes.iter().rev().find(|write| write.pos < pos && same(write.target))?;
        match self.nth(Site { file: site.file, expr: write.value }, write.index) {
            Value::Opaque(_) => None,
            value => Some(value),
        }
    }

    fn index(&self, site: Site, base: ExprId, args: &[ExprId]) -> Value {
        let value = self.nth(Site { file: site.file, expr: base }, 0);
        let Some(&key) = args.first() else { return value };
        match &value {
            Value::Func(_) => value,
            Value::Made(made) if made.args.is_none() => {
                let type_args =
                    args.iter().map(|&a| self.types.named_by(Site { file: site.file, expr: a })).collect();
                Value::Made(Arc::new(made.instantiated(type_args)))
            }
            Value::Object(object) => {
                let key = self.nth(Site { file: site.file, expr: key }, 0);
                match key {
                    Value::Str(key) => object
                        .field(&key, &|taken| self.select(taken.clone(), &key))
                        .unwrap_or_else(|| stores::at(object, &key)),
                    _ => Value::one_of(entries(object).map(|(_, value)| value).collect()),
                }
            }
            Value::OneOf(items) if items.iter().all(|item| matches!(item, Value::List(_))) => {
                let key = self.nth(Site { file: site.file, expr: key }, 0);
                let at = |item: &Value| match (item, &key) {
                    (Value::List(items), Value::Literal(text)) => {
                        items.get(text.parse::<usize>().ok()?).cloned()
                    }
                    _ => None,
                };
                let found: Vec<Value> = items.iter().filter_map(at).collect();
                if found.is_empty() { Value::Element(value.into()) } else { Value::one_of(found) }
            }
            Value::List(items) => {
                let key = self.nth(Site { file: site.file, expr: key }, 0);
                match &key {
                    Value::Literal(text) => text
                        .parse::<usize>()
                        .ok()
                        .and_then(|i| items.get(i).cloned())
                        .unwrap_or(Value::Opaque(Some(site))),
                    _ => Value::one_of(items.to_vec()),
                }
            }
            _ => match self.nth(Site { file: site.file, expr: key }, 0) {
                Value::Str(key) => Value::Field(value.into(), key),
                _ => Value::Element(value.into()),
            },
        }
    }

    fn call(&self, site: Site, callee: ExprId, args: &[ExprId], spread: bool, index: u32) -> Value {
        let facts = self.types.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        if let Some(found) = self.built_in(site, callee, args) {
            return found;
        }
        if let Expr::Name(name) = facts.expr(callee) {
            let text = facts.text(name);
            if self.types.local(at(callee), name).is_none()
                && self.types.program.lookup(site.file, name).is_none()
            {
                return self.builtin(site, text, args);
            }
        }
        if matches!(facts.expr(callee), Expr::SliceType(_)) {
            return args.first().map_or(Value::Opaque(Some(site)), |&a| self.nth(at(a), 0));
        }
        let values = || -> Arc<[Value]> { args.iter().map(|&a| self.nth(at(a), 0)).collect() };
        let target = self.nth(at(callee), 0);
        match target {
            Value::Typed(Type::Named(ty, _)) if self.is_class(ty) => {
                self.construct(ty, &values(), spread, site)
            }
            Value::Typed(ty) if args.len() == 1 => self.converted(&ty, self.nth(at(args[0]), 0), site),
            Value::Func(ref closure) => match self.deferred(closure, args, index) {
                Some(symbolic) => symbolic,
                None if index == 0 && self.types.registries().gives(self.types, closure.func) => {
                    Value::Call(Arc::new(Applied::new(target, values(), 0, site)))
                }
                None => match self.apply(closure, &values(), spread, index) {
                    Some(value) => self.taken_at(site, value),
                    None => Value::Opaque(Some(site)),
                },
            },
            Value::Param(..) | Value::Element(_) | Value::Call(_) => {
                Value::Call(Arc::new(Applied::new(target, values(), index, site).spread(spread)))
            }
            Value::OneOf(items) => {
                let values = values();
                let results = items.iter().filter_map(|item| match item {
                    Value::Func(closure) => self.apply(closure, &values, spread, index),
                    _ => None,
                });
                Value::one_of(results.collect())
            }
            Value::Made(made) if made.args.is_none() => self.made(site, &made, None, values()),
            // `new Order({…})` where a library made the class.
            Value::Made(_) => self.made_class(site, &target, values()).unwrap_or(Value::Opaque(Some(site))),
            Value::Field(..) if matches!(self.type_of(&target), Type::External(_, ref on) if !on.is_empty()) => {
                self.made_class(site, &target, values()).unwrap_or(Value::Opaque(Some(site)))
            }
            Value::Field(base, name) => {
                if let Type::External(path, on) = self.type_of(&base) {
                    let callee = Made::mention(path, on, name, Type::Unknown, site);
                    return self.made(site, &callee, Some((*base).clone()), values());
                }
                let target = Value::Field(base, name);
                Value::Call(Arc::new(Applied::new(target, values(), index, site).spread(spread)))
            }
            _ => Value::Opaque(Some(site)),
        }
    }

    /// Whether calling a type builds a value of it, rather than converting one.
    fn is_class(&self, ty: Ty) -> bool {
        self.types.program.facts(ty.file).lang == Lang::TypeScript
    }

    /// A getter called through an interface on something not known yet is kept as a symbol, so
    /// that it is answered by the value the caller supplies.
    fn deferred(&self, closure: &Closure, args: &[ExprId], index: u32) -> Option<Value> {
        let receiver = closure.receiver.as_ref()?;
        if index > 0 || !args.is_empty() || self.types.has_body(closure.func) {
            return None;
        }
        receiver.free()?;
        let name =
            self.types.program.facts(closure.func.file).text(self.types.program.func(closure.func).name);
        Some(Value::Field(receiver.clone().into(), step_name(&format!("call:{name}"))))
    }

    fn made(&self, site: Site, callee: &Made, receiver: Option<Value>, args: Arc<[Value]>) -> Value {
        if let Some(store) = self.empty_store(site, callee, receiver.as_ref()) {
            return store;
        }
        let (on, name) = (callee.on.clone(), callee.name.clone());
        let made = Made::mention(callee.path, on, name, self.types.of(site), site)
            .instantiated(callee.type_args.clone())
            .with(receiver, Some(args));
        pure::apply(self, &made).unwrap_or_else(|| Value::Made(Arc::new(made)))
    }

    /// What calling a class gives that a library made.
    fn made_class(&self, site: Site, class: &Value, args: Arc<[Value]>) -> Option<Value> {
        let Type::External(path, on) = self.type_of(class) else { return None };
        let callee = Made::mention(path, on, "new".into(), Type::Unknown, site);
        Some(self.made(site, &callee, Some(class.clone()), args))
    }
}

/// An element of a value: one of a list's or map's, else symbolic.
pub fn element(value: Value) -> Value {
    match &value {
        Value::List(items) if !items.is_empty() => Value::one_of(items.to_vec()),
        Value::Object(object) if matches!(object.ty, Type::Map(..)) && !object.fields.is_empty() => {
            Value::one_of(entries(object).map(|(_, value)| value).collect())
        }
        Value::OneOf(items) => Value::one_of(items.iter().map(|v| element(v.clone())).collect()),
        _ => Value::Element(value.into()),
    }
}
