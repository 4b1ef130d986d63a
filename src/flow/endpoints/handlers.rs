//! Handlers of a registration: the functions that what is given stands for, and those that a map has for
//! each topic.

use std::sync::Arc;

use super::{Lifting, Part};
use crate::flow::eval::{Eval, entries};
use crate::flow::program::Site;
use crate::flow::types::{Member, Type};
use crate::flow::untold::is_nil;
use crate::flow::value::{Closure, Value, add_function};
use crate::rules::{Rule, Selector, Start, Step};

impl Lifting<'_> {
    /// The handlers that a map of handlers by their topics has for `topic`.
    pub(super) fn listed(
        &self,
        eval: &Eval<'_>,
        parts: &[(Part, Value)],
        topic: &str,
        place: Site,
    ) -> Option<Vec<Arc<Closure>>> {
        let (_, table) = parts.iter().find(|(part, _)| *part == Part::Table)?;
        let all = table.items().into_iter().flat_map(|table| match table {
            Value::Object(object) => entries(&object).collect(),
            _ => Vec::new(),
        });
        let mut own = all.filter(|(key, _)| self.texts(eval, key, place).iter().any(|text| text == topic));
        own.next().map(|(_, value)| functions(eval, &value))
    }
}

/// The handlers that the first selector gives which gives any.
pub(super) fn told(eval: &Eval<'_>, rule: &Rule, parts: &[(Part, Value)]) -> Vec<Arc<Closure>> {
    let mut handlers = Vec::new();
    let mut absent = true;
    let values = parts.iter().filter(|(part, _)| *part == Part::Handler).map(|(_, value)| value);
    for (selector, value) in rule.handler.iter().zip(values) {
        // What stands in for a handler that is not given does not for one that is not known.
        if !absent && matches!(selector.start, Start::Package(_)) {
            continue;
        }
        for handler in &functions(eval, value) {
            add_function(&mut handlers, handler);
        }
        if !handlers.is_empty() {
            break;
        }
        absent &= value.is_unset() || is_nil(value);
    }
    handlers
}

/// The functions a handler value stands for.
fn functions(eval: &Eval<'_>, value: &Value) -> Vec<Arc<Closure>> {
    let mut found = Vec::new();
    for item in value.items() {
        if let Some(closure) = item.function() {
            found.push(closure.clone());
            continue;
        }
        found.extend(method_handler(eval, &item));
    }
    found
}

/// An object handed over as a handler: its method that takes a message.
pub fn method_handler(eval: &Eval<'_>, value: &Value) -> Option<Arc<Closure>> {
    const NAMES: [&str; 12] = [
        "Handle",
        "HandleMessage",
        "HandleEvent",
        "Consume",
        "ConsumeClaim",
        "ProcessTask",
        "Work",
        "Process",
        "ProcessMessage",
        "OnMessage",
        "HandleCommand",
        "HandleReply",
    ];
    let ty = eval.type_of(value);
    if !matches!(ty, Type::Named(..)) {
        return None;
    }
    NAMES.iter().find_map(|name| match eval.types.member(&ty, name) {
        Some(Member::Method(func)) => Some(Arc::new(Closure::method(func, value.clone()))),
        _ => None,
    })
}

/// The map that a rule takes its topics and their handlers from: `map[keys]` and `map[]`.
pub(super) fn table(rule: &Rule) -> Option<Selector> {
    let of = |selector: &Selector, end: &Step| match selector.steps.split_last() {
        Some((last, steps)) if last == end => {
            Some(Selector { start: selector.start.clone(), steps: steps.to_vec() })
        }
        _ => None,
    };
    let handlers = rule.handler.iter().find_map(|selector| of(selector, &Step::Each))?;
    rule.topic.iter().filter_map(|selector| of(selector, &Step::EachKey)).find(|map| *map == handlers)
}
