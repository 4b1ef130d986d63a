//! Values: what an expression holds, as far as the code alone decides it.
//!
//! Evaluation is symbolic: parameters and receivers stay symbols (`Param`, `Receiver`) until the
//! caller's side is substituted for them. That is what lifts a topic out of a project's own
//! event-bus package to the place that names it.

mod applied;
mod merged;
mod needs;

pub use applied::{Applied, Fold};
pub use merged::Merged;
pub use needs::Needs;

use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::program::{ExtPath, Fn, Program, Site, Ty};
use super::types::Type;

/// First character of a field name that is a selector's step taken later. No language has it in names.
pub const STEP: char = '\u{1}';

/// First characters of the name under which a literal keeps what it takes over from something not
/// known yet (`{ ...options, durable: true }`), in its place among the fields.
const TAKEN: &str = "\u{1}...";

/// The field name that stands for a step.
pub fn step_name(step: &str) -> Arc<str> {
    format!("{STEP}{step}").into()
}

/// What an expression holds. Values share their parts, so what is asked of them often (whose they are,
/// their hash) is kept in the parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// Not known; the expression is kept for people.
    Opaque(Option<Site>),
    /// Never given: a field a literal leaves out.
    Unset,
    /// A string.
    Str(Arc<str>),
    /// A number, boolean or nil, as written.
    Literal(Arc<str>),
    /// Pieces of a string in order.
    Concat(Arc<[Value]>),
    /// A list.
    List(Arc<[Value]>),
    /// A struct or map literal.
    Object(Arc<Object>),
    /// A function, method value or closure.
    Func(Arc<Closure>),
    /// What a library gave, or a library's own name.
    Made(Arc<Made>),
    /// What calling something not known yet gives.
    Call(Arc<Applied>),
    /// A parameter of a function.
    Param(Fn, u32),
    /// The receiver of a method.
    Receiver(Fn),
    /// A field of something symbolic.
    Field(Arc<Value>, Arc<str>),
    /// An element of something symbolic.
    Element(Arc<Value>),
    /// One of several.
    OneOf(Arc<[Value]>),
    /// A declared type used as a value, or a variable without a value.
    Typed(Type),
}

/// A struct or map literal.
#[derive(Debug, Eq)]
pub struct Object {
    hash: u64,
    /// Whose parameters or receiver it depends on; what depends on none is shared as it is.
    pub needs: Needs,
    /// Its type.
    pub ty: Type,
    /// Fields, or map entries whose key is constant.
    pub fields: Vec<(Arc<str>, Value)>,
    /// Where it is written.
    pub site: Site,
}

/// A function with what it was bound to.
#[derive(Debug, Eq)]
pub struct Closure {
    hash: u64,
    /// Whose parameters or receiver it depends on, or may capture.
    needs: Needs,
    /// The function.
    pub func: Fn,
    /// Receiver of a method value.
    pub receiver: Option<Value>,
    /// Parameters of the functions around a closure, innermost last.
    pub env: Vec<Binding>,
    /// The function type it was converted to, whose methods it has.
    pub named: Option<Ty>,
}

/// Arguments given for a function's parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Binding {
    /// Whose parameters.
    pub func: Fn,
    /// In order; variadic arguments as one list.
    pub args: Arc<[Value]>,
    /// Receiver.
    pub receiver: Option<Value>,
}

/// Adds a function that is not among those found yet.
pub fn add_function(found: &mut Vec<Arc<Closure>>, function: &Arc<Closure>) {
    if !found.iter().any(|known| known.func == function.func) {
        found.push(function.clone());
    }
}

/// How many alternatives are kept.
const ALTERNATIVES: usize = 64;

/// Adds an alternative that is not there yet.
fn add(flat: &mut Vec<Value>, item: &Value) {
    if flat.len() < ALTERNATIVES && !flat.contains(item) {
        flat.push(item.clone());
    }
}

/// What a library gave.
#[derive(Debug, Eq)]
pub struct Made {
    hash: u64,
    /// Whose parameters or receiver it depends on.
    needs: Needs,
    /// The first it depends on.
    free: Option<Free>,
    /// Import path.
    pub path: ExtPath,
    /// Type it is called on, when known; empty for package functions.
    pub on: Arc<str>,
    /// Function, method or name.
    pub name: Arc<str>,
    /// What it was called on.
    pub receiver: Option<Value>,
    /// Arguments; `None` for a mere mention.
    pub args: Option<Arc<[Value]>>,
    /// Type arguments.
    pub type_args: Arc<[Type]>,
    /// Type of the result, as rules tell.
    pub ty: Type,
    /// Where.
    pub site: Site,
}

/// The hash of the parts of a value.
fn hash_of(parts: impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    parts.hash(&mut hasher);
    hasher.finish()
}

impl Hash for Object {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Hash for Closure {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Hash for Made {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

// Values are told apart by what is their own and by the hash of their parts. Parts are shared, so that going
// through them again for each value that has them takes time without bound; two that differ have the
// same 64 bits once in 2^64.

impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        (self.hash, self.site, &self.ty) == (other.hash, other.site, &other.ty)
    }
}

impl PartialEq for Closure {
    fn eq(&self, other: &Closure) -> bool {
        (self.hash, self.func) == (other.hash, other.func)
    }
}

impl PartialEq for Made {
    fn eq(&self, other: &Made) -> bool {
        let own = |made: &Made| (made.hash, made.site, made.path);
        own(self) == own(other) && (&self.on, &self.name, &self.ty) == (&other.on, &other.name, &other.ty)
    }
}

impl Object {
    /// A literal.
    pub fn new(ty: Type, fields: Vec<(Arc<str>, Value)>, site: Site) -> Object {
        let needs = fields.iter().map(|(_, value)| value.needs()).collect();
        Object { hash: hash_of((&fields, site, &ty)), needs, ty, fields, site }
    }

    /// The fields that are known by name, without what is taken over from something not known yet.
    pub fn named(&self) -> impl Iterator<Item = &(Arc<str>, Value)> {
        self.fields.iter().filter(|(name, _)| !name.starts_with(TAKEN))
    }

    /// Whether it takes over from something not known yet.
    pub fn takes(&self) -> bool {
        self.fields.iter().any(|(name, _)| name.starts_with(TAKEN))
    }

    /// What field `name` can hold, the last that says so first; `taken` asks what is taken over.
    pub fn field(&self, name: &str, taken: &dyn std::ops::Fn(&Value) -> Value) -> Option<Value> {
        let mut ways = Vec::new();
        for (field, value) in self.fields.iter().rev() {
            if &**field == name {
                ways.push(value.clone());
                break;
            }
            if field.starts_with(TAKEN) {
                ways.extend(Some(taken(value)).filter(|value| *value != Value::Unset));
            }
        }
        (!ways.is_empty()).then(|| Value::one_of(ways))
    }
}

impl Closure {
    fn new(needs: Needs, func: Fn, receiver: Option<Value>, env: Vec<Binding>) -> Closure {
        Closure { hash: hash_of((func, &receiver, &env)), needs, func, receiver, env, named: None }
    }

    /// The same as a value of a declared function type.
    #[must_use]
    pub fn named(&self, ty: Ty) -> Closure {
        let plain = Closure::new(self.needs, self.func, self.receiver.clone(), self.env.clone());
        Closure { hash: hash_of((plain.hash, ty)), named: Some(ty), ..plain }
    }

    /// The same with another receiver and other captures.
    #[must_use]
    pub fn with(&self, receiver: Option<Value>, env: Vec<Binding>) -> Closure {
        let plain = Closure::bound(self.func, receiver, env);
        match self.named {
            Some(ty) => plain.named(ty),
            None => plain,
        }
    }

    /// The same where it is known which functions around it are not among its captures yet.
    #[must_use]
    pub fn waiting(self, around: Needs) -> Closure {
        let captured = self.env.iter().flat_map(|b| b.args.iter().chain(&b.receiver)).chain(&self.receiver);
        Closure { needs: around | captured.map(Value::needs).collect(), ..self }
    }

    /// A function that needs nothing from around it.
    pub fn plain(func: Fn) -> Closure {
        Closure::new(Needs::NONE, func, None, Vec::new())
    }

    /// A closure as it is written, with nothing captured yet.
    pub fn written(func: Fn) -> Closure {
        Closure::new(Needs::ANY, func, None, Vec::new())
    }

    /// A method bound to its receiver.
    pub fn method(func: Fn, receiver: Value) -> Closure {
        Closure::new(receiver.needs(), func, Some(receiver), Vec::new())
    }

    /// A function with its receiver and what it captured.
    pub fn bound(func: Fn, receiver: Option<Value>, env: Vec<Binding>) -> Closure {
        let captured = env.iter().flat_map(|b| b.args.iter().chain(&b.receiver));
        let needs =
            if env.is_empty() { Needs::ANY } else { captured.chain(&receiver).map(Value::needs).collect() };
        Closure::new(needs, func, receiver, env)
    }
}

impl Made {
    /// A library's own name, `on` a type or of a package.
    pub fn mention(path: ExtPath, on: Arc<str>, name: Arc<str>, ty: Type, site: Site) -> Made {
        Made {
            hash: 0,
            needs: Needs::NONE,
            free: None,
            path,
            on,
            name,
            receiver: None,
            args: None,
            type_args: Arc::from([]),
            ty,
            site,
        }
        .settled()
    }

    /// The same with other parts.
    #[must_use]
    pub fn with(&self, receiver: Option<Value>, args: Option<Arc<[Value]>>) -> Made {
        let mention =
            Made::mention(self.path, self.on.clone(), self.name.clone(), self.ty.clone(), self.site);
        Made { receiver, args, type_args: self.type_args.clone(), ..mention }.settled()
    }

    /// The same with type arguments.
    #[must_use]
    pub fn instantiated(&self, type_args: Arc<[Type]>) -> Made {
        Made { type_args, ..self.with(self.receiver.clone(), self.args.clone()) }
    }

    /// Settles what it depends on, when its parts are in place.
    fn settled(mut self) -> Made {
        let args = || self.args.iter().flat_map(|args| args.iter()).chain(&self.receiver);
        self.needs = args().map(Value::needs).collect();
        self.free = args().find_map(Value::free);
        self.hash = hash_of((self.site, &self.name, &self.receiver, &self.args, &self.type_args));
        self
    }
}

/// Beyond so many parts a value is not kept.
const PARTS: u32 = 4_000;

impl Value {
    /// Whether the value depends on a parameter or receiver anywhere inside.
    pub fn is_open(&self) -> bool {
        !self.needs().is_none()
    }

    /// The functions whose parameters or receiver the value depends on anywhere inside.
    pub fn needs(&self) -> Needs {
        match self {
            Value::Param(func, _) | Value::Receiver(func) => Needs::of(*func),
            Value::Object(object) => object.needs,
            Value::Made(made) => made.needs,
            Value::Call(call) => call.needs,
            Value::Func(closure) => closure.needs,
            Value::Concat(items) | Value::List(items) | Value::OneOf(items) => {
                items.iter().map(Value::needs).collect()
            }
            Value::Field(base, _) | Value::Element(base) => base.needs(),
            Value::Opaque(_) | Value::Unset | Value::Str(_) | Value::Literal(_) | Value::Typed(_) => {
                Needs::NONE
            }
        }
    }

    /// Whether it is a list or map with nothing in it.
    pub fn is_bare(&self) -> bool {
        match self {
            Value::List(items) => items.is_empty(),
            Value::Object(object) => matches!(object.ty, Type::Map(..)) && object.fields.is_empty(),
            _ => false,
        }
    }

    /// Whether alternatives, lists and pieces are nested beyond what any question asks for: each step
    /// through such a value multiplies them.
    pub fn is_vast(&self) -> bool {
        fn fits(value: &Value, left: &mut u32) -> bool {
            if *left == 0 {
                return false;
            }
            *left -= 1;
            match value {
                Value::Concat(items) | Value::List(items) | Value::OneOf(items) => {
                    items.iter().all(|item| fits(item, left))
                }
                Value::Field(base, _) | Value::Element(base) => fits(base, left),
                _ => true,
            }
        }
        !fits(self, &mut { PARTS })
    }

    /// A string value.
    pub fn str(text: &str) -> Value {
        Value::Str(text.into())
    }

    /// Whether nothing is known.
    pub fn is_opaque(&self) -> bool {
        matches!(self, Value::Opaque(_) | Value::Typed(_))
    }

    /// Whether the value was given at all.
    pub fn is_unset(&self) -> bool {
        match self {
            Value::Unset => true,
            Value::Literal(text) => &**text == "nil",
            Value::Str(text) => text.is_empty(),
            Value::List(items) | Value::OneOf(items) => items.iter().all(Value::is_unset),
            _ => false,
        }
    }

    /// One value out of several; duplicates and nesting are removed.
    pub fn one_of(mut values: Vec<Value>) -> Value {
        if values.len() == 1 {
            return values.remove(0);
        }
        let mut flat: Vec<Value> = Vec::new();
        for value in values {
            match value {
                // Alternatives are told apart when they are put together.
                Value::OneOf(items) if flat.is_empty() => flat = items.to_vec(),
                Value::OneOf(items) => items.iter().for_each(|item| add(&mut flat, item)),
                value => add(&mut flat, &value),
            }
        }
        match flat.len() {
            0 => Value::Opaque(None),
            1 => flat.remove(0),
            _ => Value::OneOf(flat.into()),
        }
    }

    /// Pieces joined into one string where all are known.
    pub fn concat(parts: Vec<Value>) -> Value {
        let mut out: Vec<Value> = Vec::new();
        for part in parts {
            let part = match part {
                // A piece that may be missing (`name || "default"`) is there where the text is made.
                Value::OneOf(items) if items.iter().any(Value::is_unset) => {
                    Value::one_of(items.iter().filter(|item| !item.is_unset()).cloned().collect())
                }
                part => part,
            };
            let pieces = match part {
                Value::Concat(inner) => inner.to_vec(),
                Value::Literal(text) if &*text != "nil" => vec![Value::Str(text)],
                other => vec![other],
            };
            for piece in pieces {
                match (out.last_mut(), &piece) {
                    (Some(Value::Str(before)), Value::Str(text)) => {
                        *before = format!("{before}{text}").into();
                    }
                    _ => out.push(piece),
                }
            }
        }
        if out.len() == 1 { out.remove(0) } else { Value::Concat(out.into()) }
    }

    /// The first parameter or receiver the value depends on.
    pub fn free(&self) -> Option<Free> {
        match self {
            Value::Param(func, i) => Some(Free::Param(*func, *i)),
            Value::Receiver(func) => Some(Free::Receiver(*func)),
            Value::Field(base, _) | Value::Element(base) => base.free(),
            Value::Concat(items) | Value::List(items) | Value::OneOf(items) => {
                // A parameter is filled by a call, a receiver by a constructor: ask calls first.
                let mut all = items.iter().filter_map(Value::free);
                let first = all.next()?;
                let params = std::iter::once(first).chain(all);
                params.into_iter().find(|f| matches!(f, Free::Param(..))).or(Some(first))
            }
            Value::Made(made) => made.free,
            Value::Call(call) => call.free,
            Value::Object(_)
            | Value::Func(_)
            | Value::Opaque(_)
            | Value::Unset
            | Value::Str(_)
            | Value::Literal(_)
            | Value::Typed(_) => None,
        }
    }

    /// The items of a list or of alternatives, else the value itself.
    pub fn items(&self) -> Vec<Value> {
        match self {
            Value::List(items) | Value::OneOf(items) => items.iter().flat_map(Value::items).collect(),
            other => vec![other.clone()],
        }
    }

    /// The constant strings the value can be.
    pub fn strings(&self) -> Vec<Arc<str>> {
        match self {
            Value::Str(text) => vec![text.clone()],
            Value::List(items) | Value::OneOf(items) => items.iter().flat_map(Value::strings).collect(),
            _ => Vec::new(),
        }
    }

    /// The function the value is, through wrappers that take one.
    pub fn function(&self) -> Option<&Arc<Closure>> {
        match self {
            Value::Func(closure) => Some(closure),
            Value::OneOf(items) => items.iter().find_map(Value::function),
            Value::Made(made) => made.args.as_ref()?.iter().find_map(Value::function),
            // A method of what a library made from a function (`asynq.HandlerFunc(f).ProcessTask`).
            Value::Field(base, _) => match &**base {
                Value::Made(_) => base.function(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Words a person recognises: the string, or the expression it comes from.
    pub fn render(&self, program: &Program) -> String {
        match self {
            Value::Str(text) | Value::Literal(text) => text.to_string(),
            Value::Opaque(Some(site)) => program.render(*site),
            Value::Opaque(None) | Value::Unset | Value::Typed(_) => String::new(),
            Value::Concat(parts) => parts
                .iter()
                .map(|part| match part {
                    Value::Str(text) => text.to_string(),
                    other => format!("{{{}}}", other.render(program)),
                })
                .collect(),
            Value::List(items) | Value::OneOf(items) => {
                let words: Vec<String> = items.iter().map(|v| v.render(program)).collect();
                words.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join("|")
            }
            Value::Object(object) => program.render(object.site),
            Value::Func(closure) => program.func_name(closure.func),
            Value::Made(made) => program.render(made.site),
            Value::Call(call) => call.callee.render(program),
            Value::Param(func, i) => {
                let facts = program.facts(func.file);
                let decl = facts.func(func.func);
                facts
                    .params(&decl.params)
                    .get(*i as usize)
                    .map_or_else(String::new, |p| facts.text(p.name).to_owned())
            }
            Value::Receiver(func) => {
                let facts = program.facts(func.file);
                facts
                    .func(func.func)
                    .receiver
                    .map_or_else(String::new, |r| facts.text(facts.params[r as usize].name).to_owned())
            }
            Value::Field(base, name) => {
                let base = base.render(program);
                if name.starts_with(STEP) {
                    return base;
                }
                if base.is_empty() { name.to_string() } else { format!("{base}.{name}") }
            }
            Value::Element(base) => format!("{}[…]", base.render(program)),
        }
    }
}

/// A symbol a value depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Free {
    /// The n-th parameter of a function.
    Param(Fn, u32),
    /// The receiver of a method.
    Receiver(Fn),
}

impl Free {
    /// The function it belongs to.
    pub fn func(self) -> Fn {
        match self {
            Free::Param(func, _) | Free::Receiver(func) => func,
        }
    }
}
