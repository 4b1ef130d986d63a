//! What a registration is made of beyond its own arguments: topics that a function makes of the event's
//! name, several handlers given to one call, and the carriers with which it is none.

use std::sync::Arc;

use super::{Draft, Lifting, Part};
use crate::flow::eval::Eval;
use crate::flow::program::{Program, Site};
use crate::flow::resolve::everything;
use crate::flow::types::Type;
use crate::flow::value::{Object, STEP, Value};
use crate::rules::{Role, Rule, Selector, Start};
use crate::syntax::facts::Expr;

/// How far what carries the messages is looked for through fields and parameters.
const CARRIERS: u8 = 6;

/// The arguments of the call at `site` that each register something of their own: those that the topic
/// and the handler are both taken from one by one. `None` stands for the call as a whole.
pub(super) fn registered_each(program: &Program, site: Site, rule: &Rule) -> Vec<Option<usize>> {
    let first = |selectors: &[Selector]| {
        selectors.iter().find_map(|selector| match selector.start {
            Start::ArgsFrom(first) => Some(first),
            _ => None,
        })
    };
    let facts = program.facts(site.file);
    let Expr::Call { args, spread, .. } = facts.expr(site.expr) else { return vec![None] };
    match first(&rule.handler) {
        Some(start)
            if rule.role == Role::Consumer
                && !spread
                && first(&rule.topic) == Some(start)
                && args.len as usize > start + 1 =>
        {
            (start..args.len as usize).map(Some).collect()
        }
        _ => vec![None],
    }
}

impl Lifting<'_> {
    /// Puts what functions make in the place of the functions that make a topic.
    pub(super) fn make_topics(&self, eval: &Eval<'_>, draft: &mut Draft) {
        let fields = &self.index.rule(draft.matched.rule).topic_fields;
        let mut named = draft.parts.iter().filter(|(part, _)| *part == Part::EventTypes);
        let event = named.find_map(|(_, value)| value.strings().into_iter().next());
        let place = draft.place;
        for (_, value) in draft.parts.iter_mut().filter(|(part, _)| *part == Part::Topic) {
            let Value::Func(closure) = &*value else { continue };
            let apply = |args: Arc<[Value]>| eval.apply(closure, &args, false, 0);
            let told = event.as_ref().filter(|_| !fields.is_empty()).and_then(|event| {
                if fields[..] == ["itself"] {
                    return apply(Arc::from([Value::str(event)]));
                }
                let fields = fields.iter().map(|field| (field.as_str().into(), Value::str(event))).collect();
                apply(Arc::from([Value::Object(Arc::new(Object::new(Type::Unknown, fields, place)))]))
            });
            // Which of several it is, the function decides by more than the name.
            let told = told.filter(|made| made.strings().len() < 2);
            if let Some(made) = told.or_else(|| apply(Arc::from([]))) {
                *value = made;
            }
        }
    }

    /// Whether a condition that must not hold does, now that the callers are known: of all that what it
    /// asks may be.
    pub(super) fn excluded(&self, eval: &Eval<'_>, draft: &Draft) -> bool {
        let asked = draft.parts.iter().filter(|(part, _)| *part == Part::Unless);
        let rule = self.index.rule(draft.matched.rule);
        asked.zip(&rule.unless).any(|((_, value), (_, pattern))| {
            let held: Vec<Value> = match value {
                Value::Field(base, step) if step.starts_with(STEP) => {
                    let carriers = everything(eval, self.graph, base, CARRIERS);
                    // A literal that leaves the field out has nothing there.
                    let there = |value: &Value| !matches!(value, Value::Field(of, _) if matches!(**of, Value::Typed(_)));
                    carriers.into_iter().filter(there).map(|carrier| eval.select(carrier, step)).collect()
                }
                known => known.items(),
            };
            let fits = |value: &Value| match value {
                Value::Field(_, name) if name.starts_with(STEP) => false,
                Value::Unset => false,
                known => pattern.is_match(&known.render(self.types.program)),
            };
            !held.is_empty() && held.iter().all(fits)
        })
    }
}
