//! What of a handler's values is the message: a check counts for the payload only when it looks at
//! what was received, not at a setting or a row that was loaded.

use crate::rules::{Role, Rule};
use crate::syntax::facts::{Expr, ExprId, Exprs, Sym, UnaryOp};
use rustc_hash::FxHashSet;
use std::cell::Cell;
use std::sync::Arc;

use super::{About, Binding, Eval, Fn, Node, RuleId, Site, Tracer, Type, Value};
use crate::flow::program::{ExtPath, Ty};
use crate::flow::select::select;
use crate::flow::value::STEP;

/// The types the payload has been seen as, so far on the path.
#[derive(Debug, Default)]
pub struct Payload {
    pub(super) handler: Option<Fn>,
    types: FxHashSet<Ty>,
    /// Those of other repositories: generated code, shared contracts.
    pub(super) foreign: FxHashSet<(ExtPath, Arc<str>)>,
    /// Variables that decoders filled, by their function and name.
    pub(super) locals: FxHashSet<(Fn, Sym)>,
    /// The library's call that receives the message.
    pub source: Option<Site>,
    /// The message was given to calls that only look at it.
    pub looked_at: bool,
    /// The message was put where something else takes it from, and what that does was not seen.
    pub let_go: bool,
    /// It was given to calls of which nothing tells what they do with it.
    pub given_out: bool,
    /// Values that decoders filled.
    pub(super) values: FxHashSet<Value>,
    /// Calls that decode: what they give is the payload.
    pub(super) decoders: FxHashSet<Site>,
    /// Parts of values that the question at hand may still look at: values share their parts.
    budget: Cell<u32>,
}

impl Payload {
    /// Notes what `handler` is given.
    pub fn received(&mut self, eval: &Eval<'_>, handler: Fn) {
        self.handler = Some(handler);
        for given in eval.parameters(handler).iter() {
            self.learn(eval, &eval.type_of(given));
        }
    }

    pub(super) fn learn(&mut self, eval: &Eval<'_>, ty: &Type) {
        match ty {
            Type::Named(ty, _) if !eval.types.is_interface(*ty) => {
                self.types.insert(*ty);
            }
            Type::Slice(inner) | Type::Chan(inner) | Type::Map(_, inner) => self.learn(eval, inner),
            _ => {}
        }
    }

    fn has(&self, ty: &Type) -> bool {
        match ty {
            Type::Named(ty, _) => self.types.contains(ty),
            Type::External(path, name) => self.foreign.contains(&(*path, name.clone())),
            Type::Slice(inner) | Type::Map(_, inner) => self.has(inner),
            _ => false,
        }
    }

    /// Whether a value is the message as it was received.
    pub(super) fn is_whole(&self, value: &Value) -> bool {
        match value {
            Value::Param(func, _) => Some(*func) == self.handler,
            Value::Made(made) => Some(made.site) == self.source,
            Value::Element(base) => self.is_whole(base),
            Value::Call(call) => call.conversion().is_some_and(|of| self.is_whole(of)),
            Value::OneOf(items) => items.iter().any(|v| self.is_whole(v)),
            _ => false,
        }
    }

    /// Whether a value is the message as it was received, its body, or something that carries either.
    fn as_received(&self, eval: &Eval<'_>, value: &Value, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match value {
            Value::Object(object) => object.fields.iter().any(|(_, v)| self.as_received(eval, v, depth)),
            Value::List(items) | Value::OneOf(items) => {
                items.iter().any(|item| self.as_received(eval, item, depth))
            }
            Value::Field(base, name) => BODIES.contains(&&**name) && self.is_whole(base),
            _ => self.is_whole(value) && !eval.is_context(value),
        }
    }

    /// Whether a value is the message, a part of it, or built of it; `frame` tells what the functions
    /// on the path were given.
    fn is(&self, eval: &Eval<'_>, value: &Value, frame: &[Binding]) -> bool {
        self.budget.set(PARTS);
        self.part_is(eval, value, frame, DEPTH)
    }

    fn part_is(&self, eval: &Eval<'_>, value: &Value, frame: &[Binding], depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let Some(left) = self.budget.get().checked_sub(1) else { return false };
        self.budget.set(left);
        if self.values.contains(value) {
            return true;
        }
        let is = |value: &Value| self.part_is(eval, value, frame, depth);
        match value {
            Value::Param(func, _) if Some(*func) == self.handler => !eval.is_context(value),
            Value::Field(base, _) | Value::Element(base) => {
                let ty = eval.type_of(value);
                is(base) || self.has(&ty) || delivered(&ty)
            }
            Value::Call(call) => is(call.conversion().unwrap_or(&call.callee)),
            Value::Object(object) => self.has(&object.ty) || object.fields.iter().any(|(_, v)| is(v)),
            // `payload.GetId()`, `msg.Header.Get("id")`, `strings.TrimSpace(payload.Name)`.
            Value::Made(made) if Some(made.site) == self.source || self.decoders.contains(&made.site) => true,
            Value::Made(_) if delivered(&eval.type_of(value)) => true,
            Value::Made(made) => {
                let on = made.receiver.as_ref().is_some_and(is);
                // What is given no context gives its arguments in another form: `uuid.Parse(payload.Id)`.
                let given = || made.args.iter().flat_map(|args| args.iter());
                on || made.receiver.is_none() && !given().any(|arg| eval.is_context(arg)) && given().any(is)
            }
            Value::OneOf(items) | Value::Concat(items) | Value::List(items) => items.iter().any(is),
            Value::Opaque(Some(site)) => {
                self.has(&eval.types.of(*site)) || sources(eval, *site, frame).iter().any(is)
            }
            other => {
                let ty = eval.type_of(other);
                self.has(&ty) || delivered(&ty)
            }
        }
    }
}

impl Payload {
    /// Whether a field of a value is given a part of the message in another form, by a function that is
    /// given nothing else (`uuid.FromString(payload.Id)`).
    fn fills(&self, eval: &Eval<'_>, value: &Value, frame: &[Binding]) -> bool {
        let Value::Object(object) = value else { return false };
        object.fields.iter().any(|(_, field)| {
            let Value::Made(made) = field else { return false };
            let args = made.args.as_deref().unwrap_or_default();
            made.receiver.is_none() && !args.is_empty() && args.iter().all(|arg| self.is(eval, arg, frame))
        })
    }
}

/// What a value has of the message for certain. [`Payload::is`] takes what was built of the message
/// for the message; here each part must come from it, so that the same message gives the same value.
impl Payload {
    fn brings(&self, eval: &Eval<'_>, value: &Value, frame: &[Binding], depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        if self.values.contains(value) {
            return true;
        }
        let brings = |value: &Value| self.brings(eval, value, frame, depth);
        match value {
            Value::Param(func, _) if Some(*func) == self.handler => !eval.is_context(value),
            // A step that could not be taken is no value.
            Value::Field(base, name) => !name.starts_with(STEP) && (brings(base) || self.decoded(eval, base)),
            Value::Element(base) => brings(base) || self.decoded(eval, base),
            Value::Made(made) if Some(made.site) == self.source => true,
            Value::Made(made) => {
                let args = made.args.as_deref().unwrap_or_default();
                let on = made.receiver.as_ref();
                let plain = on.is_some() || converts(eval.types.program.external(made.path), &made.name);
                plain
                    && (on.is_some() || !args.is_empty())
                    && args.iter().all(brings)
                    && on.is_none_or(|on| brings(on) || self.decoded(eval, on))
            }
            Value::Call(call) => call.conversion().is_some_and(brings),
            // Generated getters give nothing of a message that is not there.
            Value::OneOf(items) => {
                let mut given = items.iter().filter(|item| !is_nothing(item)).peekable();
                given.peek().is_some() && given.all(brings)
            }
            Value::Concat(items) => {
                let text = |value: &Value| matches!(value, Value::Str(_) | Value::Literal(_));
                items.iter().all(|item| text(item) || brings(item)) && items.iter().any(brings)
            }
            Value::Opaque(Some(site)) => {
                sources(eval, *site, frame).iter().any(|source| brings(source) || self.decoded(eval, source))
            }
            _ => false,
        }
    }

    /// Whether a value is a variable or parameter of a type that the message was decoded into. A
    /// literal with fields was not filled by a decoder.
    fn decoded(&self, eval: &Eval<'_>, value: &Value) -> bool {
        let ty = eval.type_of(value);
        let bare = match value {
            Value::Object(object) => object.fields.is_empty(),
            Value::Typed(_) | Value::Param(..) | Value::Opaque(_) | Value::Field(..) => true,
            _ => false,
        };
        bare && self.has(&ty) || delivered(&ty)
    }
}

/// Whether a value is what stands for none.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Unset => true,
        Value::Str(text) => text.is_empty(),
        Value::Literal(text) => &**text == "nil",
        _ => false,
    }
}

/// Whether a type is what brokers' libraries call what they deliver.
fn delivered(ty: &Type) -> bool {
    matches!(ty, Type::External(_, name) if matches!(&**name, "Delivery" | "Msg" | "Message" | "ConsumerMessage"))
}

/// How deep values are looked into.
const DEPTH: u8 = 12;
/// What brokers' libraries call the bytes of a message.
pub const BODIES: [&str; 4] = ["Body", "Data", "Payload", "Value"];
/// How deep what carries a message is looked into: a list of envelopes, an envelope, its body.
const CARRIED: u8 = 4;
/// How many parts of a value are looked at.
const PARTS: u32 = 300;

/// Whether a function of a library gives its argument in another form: all of some packages, and those
/// of identifiers' libraries that read what is written.
fn converts(path: &str, name: &str) -> bool {
    let plain = matches!(path, "strings" | "bytes" | "strconv" | "time" | "unicode/utf8" | "slices" | "maps");
    let reads = ["Parse", "MustParse", "From", "MustFrom"].iter().any(|word| name.starts_with(word));
    plain || reads && ["uuid", "ulid"].iter().any(|kind| path.contains(kind))
}

/// What the expression at `site` is made of without leaving the process: the value under a type
/// assertion, the receiver and arguments of `event.Payload()` or `serde.Deserialize(name, data)`. A
/// call that is given a context asks somebody else (`repo.Find(ctx, msg.Id)`).
fn sources(eval: &Eval<'_>, site: Site, frame: &[Binding]) -> Vec<Value> {
    let facts = eval.types.program.facts(site.file);
    let value = |expr| eval.within(&eval.value(Site { file: site.file, expr }), frame);
    match facts.expr(site.expr) {
        Expr::Assert { value: held, .. } => vec![value(held)],
        Expr::Call { callee, args, .. } => {
            let mut given: Vec<Value> = facts.list(args).iter().map(|&arg| value(arg)).collect();
            if given.iter().any(|v| eval.is_context(v)) {
                return Vec::new();
            }
            if let Expr::Field { base, .. } = facts.expr(callee) {
                given.push(value(base));
            }
            given
        }
        _ => Vec::new(),
    }
}

/// Whether a name is one of a query for stored things, unless it is messages that it gives.
fn looks_up(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    begins_as_query(name) && !["message", "msg", "job", "task"].iter().any(|word| lower.contains(word))
}

/// Words that queries begin with.
pub(super) fn begins_as_query(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["find", "get", "fetch", "load", "select", "lookup", "query", "retrieve"]
        .iter()
        .any(|word| name.starts_with(word))
}

impl Tracer<'_, '_> {
    /// Whether a step looks at the message. What a decoder fills is the payload from here on.
    pub(super) fn about_message(&mut self, site: Site, rules: &[RuleId], frame: &[Binding]) -> About {
        let mut about = About::Message;
        for &id in rules {
            let rule = self.flow.index.rule(id);
            if !matches!(rule.role, Role::Decode | Role::Validate) {
                continue;
            }
            if self.is_of_other(site, frame) {
                about = About::Other;
                continue;
            }
            let values = rule.value.iter().map(|s| select(self.eval, site, s));
            let values: Vec<Value> =
                values.filter(|v| !v.is_unset()).map(|v| self.eval.within(&v, frame)).collect();
            if values.iter().any(|value| self.is_untagged(id, value)) {
                return About::Nothing;
            }
            let given: Vec<Site> = self.arguments(site).chain(self.called_on(site)).collect();
            if rule.role == Role::Decode {
                if !given.iter().any(|&part| self.is_message(part, frame)) {
                    about = About::Perhaps;
                }
                self.note_decoded(site, &values);
                continue;
            }
            if given
                .iter()
                .any(|&part| self.is_decoded(part) || values.is_empty() && self.is_message(part, frame))
            {
                return About::Message;
            }
            about = About::Perhaps;
            for value in &values {
                about = self.is_of_payload(value, frame);
                if about != About::Other {
                    break;
                }
            }
        }
        about
    }

    /// Whether a value that is validated is the payload: it is, unless it is known to be something else.
    fn is_of_payload(&self, value: &Value, frame: &[Binding]) -> About {
        if self.payload.is(self.eval, value, frame) || self.payload.fills(self.eval, value, frame) {
            return About::Message;
        }
        match self.eval.type_of(value) {
            Type::Named(ty, _) if !self.flow.types.is_interface(ty) => About::Other,
            _ => About::Perhaps,
        }
    }

    /// Whether what a decoder or a validation is given is known to be something else than the message: a
    /// row that was looked up, what another system answered.
    pub(super) fn is_of_other(&self, call: Site, frame: &[Binding]) -> bool {
        let mut deps = self.deps(call);
        deps.retain(|&dep| dep != call);
        let answered = |dep: &Site| {
            self.rules_at(*dep).iter().any(|&rule| {
                matches!(self.flow.index.rule(rule).role, Role::Read | Role::CacheGet | Role::EffectHttp)
            })
        };
        deps.iter().any(answered) || self.looked_up(&deps, frame).is_some()
    }

    /// Whether an expression is the message, a part of it, or built of it.
    pub(super) fn is_message(&self, site: Site, frame: &[Binding]) -> bool {
        self.is_decoded(site) || self.payload.is(self.eval, &self.value_in(site, frame), frame)
    }

    /// Whether a value is the message, a part of it, or built of it.
    pub(super) fn payload_is(&self, value: &Value, frame: &[Binding]) -> bool {
        self.payload.is(self.eval, value, frame)
    }

    /// Whether a step inserts or publishes under a key that the message brings: the one that a unique
    /// index or the broker tells a second one by.
    pub(super) fn keyed(&self, site: Site, rules: &[RuleId], frame: &[Binding]) -> bool {
        let brought = |value: &Value| {
            let value = self.eval.within(value, frame);
            self.payload.brings(self.eval, &value, frame, DEPTH)
        };
        rules.iter().map(|&id| self.flow.index.rule(id)).any(|rule| {
            matches!(rule.role, Role::EffectInsert | Role::Publisher)
                && self
                    .flow
                    .unique
                    .given(self.eval, site, rule)
                    .iter()
                    .any(|key| !key.is_empty() && key.iter().all(brought))
        })
    }

    /// Whether a step publishes what was received as it is.
    pub(super) fn sends_on(&self, site: Site, rules: &[RuleId], frame: &[Binding]) -> bool {
        let sends = rules.iter().any(|&rule| self.flow.index.rule(rule).role == Role::Publisher);
        let received = |arg| self.payload.as_received(self.eval, &self.value_in(arg, frame), CARRIED);
        sends && self.arguments(site).any(received)
    }

    /// The name of the field that a step publishes to what stands in, where it is read from one: as rules
    /// tell the topic, or as it is written among the arguments.
    pub(super) fn sent_to(&self, site: Site, rules: &[RuleId], frame: &[Binding]) -> Option<Arc<str>> {
        let sends = |rule: &&Rule| rule.role == Role::Publisher;
        let rule = rules.iter().map(|&rule| self.flow.index.rule(rule)).find(sends)?;
        let read = |value: Value| match value {
            Value::Field(_, name) if !name.starts_with(STEP) => Some(name),
            _ => None,
        };
        let topics = rule.topic.iter().map(|topic| select(self.eval, site, topic));
        let topic = topics.into_iter().find(|topic| !topic.is_unset());
        topic.and_then(|topic| read(self.eval.within(&topic, frame))).or_else(|| {
            let facts = self.flow.types.program.facts(site.file);
            self.arguments(site).find_map(|arg| match facts.expr(arg.expr) {
                Expr::Field { name, .. } => Some(facts.text(name).into()),
                _ => None,
            })
        })
    }

    /// Notes where the message is added to a list that outlives the function: who goes through that
    /// goes on with it.
    pub(super) fn listed(&mut self, func: Fn, targets: Exprs, values: Exprs, frame: &[Binding]) {
        let facts = self.flow.types.program.facts(func.file);
        let outlives = |&target: &ExprId| !matches!(facts.expr(target), Expr::Name(_));
        let adds = |&expr: &ExprId| match facts.expr(expr) {
            Expr::Call { callee, .. } => {
                matches!(facts.expr(callee), Expr::Name(name) if facts.text(name) == "append")
            }
            _ => false,
        };
        if !self.payload.let_go && facts.list(targets).iter().any(outlives) {
            let mut added = facts.list(values).iter().filter(|&value| adds(value));
            let is_message = |&expr: &ExprId| self.given_message(Site { file: func.file, expr }, frame);
            self.payload.let_go |= added.any(is_message);
        }
    }

    /// Whether a call is given the message.
    pub(super) fn given_message(&self, call: Site, frame: &[Binding]) -> bool {
        self.arguments(call).any(|arg| self.is_message(arg, frame))
    }

    /// Whether a call is given a context, as what reaches out of the process is.
    pub(super) fn given_context(&self, call: Site, frame: &[Binding]) -> bool {
        self.arguments(call).any(|arg| self.eval.is_context(&self.value_in(arg, frame)))
    }

    /// What the method at `call` is called on.
    fn called_on(&self, call: Site) -> Option<Site> {
        let facts = self.flow.types.program.facts(call.file);
        let Expr::Call { callee, .. } = facts.expr(call.expr) else { return None };
        let Expr::Field { base, .. } = facts.expr(callee) else { return None };
        Some(Site { file: call.file, expr: base })
    }

    /// The arguments of the call at `call`, under a negation too.
    pub(super) fn arguments(&self, call: Site) -> impl Iterator<Item = Site> + use<'_> {
        let facts = self.flow.types.program.facts(call.file);
        let args = match facts.expr(call.expr) {
            Expr::Call { args, .. } => facts.list(args),
            Expr::Unary { operand, .. } => match facts.expr(operand) {
                Expr::Call { args, .. } => facts.list(args),
                _ => &[],
            },
            _ => &[],
        };
        args.iter().map(move |&expr| Site { file: call.file, expr })
    }

    /// The function of the tree that answers a condition, where that is one call which was followed
    /// as `asked` and asks nobody outside of the process.
    pub(super) fn answering(&self, cond: Site, asked: &[Node], frame: &[Binding]) -> Option<Fn> {
        let facts = self.flow.types.program.facts(cond.file);
        let mut call = cond;
        while let Expr::Unary { op: UnaryOp::Not, operand } = facts.expr(call.expr) {
            call.expr = operand;
        }
        if !matches!(facts.expr(call.expr), Expr::Call { .. }) || !self.stays_inside(asked) {
            return None;
        }
        match &*self.targets(call, false, frame) {
            [target] => Some(target.func),
            _ => None,
        }
    }

    /// Whether all that is done is to read and check what is at hand.
    fn stays_inside(&self, nodes: &[Node]) -> bool {
        let inside = |role: Role| matches!(role, Role::Decode | Role::Validate);
        nodes.iter().all(|node| match node {
            Node::Step(step) => {
                step.rules.iter().all(|&rule| inside(self.flow.index.rule(rule).role))
                    && self.stays_inside(&step.inner)
            }
            Node::Branch(branch) => self.stays_inside(&branch.then) && self.stays_inside(&branch.otherwise),
            Node::Loop(inner) => self.stays_inside(inner),
            Node::Exit(_) => true,
            Node::Cut(_) => false,
        })
    }

    /// The call among `deps` that looks something up elsewhere: it is named so and is given a context
    /// and what to look for.
    pub(super) fn looked_up(&self, deps: &[Site], frame: &[Binding]) -> Option<Site> {
        deps.iter().copied().find(|&call| {
            let facts = self.flow.types.program.facts(call.file);
            let Expr::Call { callee, args, .. } = facts.expr(call.expr) else { return false };
            let (Expr::Field { name, .. } | Expr::Name(name)) = facts.expr(callee) else { return false };
            // By its declaration: what is bound to it may be `context.Background()`.
            let context = |arg: ExprId| {
                let given = Site { file: call.file, expr: arg };
                self.eval.is_context(&self.eval.value(given))
                    || self.eval.is_context(&self.value_in(given, frame))
            };
            let sought = |&arg: &ExprId| {
                !matches!(facts.expr(arg), Expr::Number(_) | Expr::Bool(_) | Expr::Nil) && !context(arg)
            };
            Some(call) != self.payload.source
                && looks_up(facts.text(name))
                && facts.list(args).iter().any(|&arg| context(arg))
                && facts.list(args).iter().any(sought)
        })
    }

    /// `event.Payload().(*OrderPlaced)`: the payload by its real type.
    pub(super) fn asserted(&mut self, value: Site, ty: ExprId, frame: &[Binding]) {
        if ty.is_none() {
            return;
        }
        let held = self.value_in(value, frame);
        if self.payload.is(self.eval, &held, frame) {
            let ty = self.flow.types.named_by(Site { file: value.file, expr: ty });
            self.payload.learn(self.eval, &ty);
        }
    }
}
