//! Which ways a topic may come, and what the call that supplies it says of them.

use crate::syntax::facts::{Expr, ExprId};

use super::{Draft, Part};
use crate::flow::eval::Eval;
use crate::flow::program::Site;
use crate::flow::value::{Free, STEP, Value};

/// Alternatives that still depend on something go separate ways: `if a { t = x } else { t = y }`.
pub(super) fn split(draft: &Draft) -> Option<Vec<Draft>> {
    let at = draft.parts.iter().position(|(part, value)| *part == Part::Topic && !value.is_unset())?;
    let Value::OneOf(items) = &draft.parts[at].1 else { return None };
    draft.parts[at].1.free()?;
    let (open, closed): (Vec<Value>, Vec<Value>) = items.iter().cloned().partition(|v| v.free().is_some());
    let mut ways = open;
    if closed.iter().any(|v| !v.is_unset() && !v.is_opaque()) {
        ways.push(Value::one_of(closed));
    }
    if ways.len() == 1 && ways[0] == draft.parts[at].1 {
        return None;
    }
    Some(
        ways.into_iter()
            .map(|way| {
                let mut next = draft.clone();
                next.parts[at].1 = way;
                next.alternative = true;
                next
            })
            .collect(),
    )
}

/// The list whose elements give both the topic and the handler, each by a field
/// (`for _, s := range subscribers { client.Subscribe(s.Topic, s.Handle) }`).
pub(super) fn paired(draft: &Draft) -> Option<Value> {
    let of = |wanted: Part| {
        let mut parts = draft.parts.iter().filter(|(part, _)| *part == wanted);
        parts.find_map(|(_, value)| element_field(value).map(|(list, _)| list.clone()))
    };
    let list = of(Part::Topic)?;
    (of(Part::Handler)? == list).then_some(list)
}

/// A draft for each element of the list that was supplied, so that what stands side by side in an
/// element stays a pair; the draft itself where no list was.
pub(super) fn each_element(
    eval: &Eval<'_>,
    before: &Draft,
    next: Draft,
    supplied: Option<(&Value, Value)>,
) -> Vec<Draft> {
    let Some((list, Value::List(items))) = supplied else { return vec![next] };
    let one = |item: &Value| {
        let mut one = next.clone();
        for ((_, old), (_, new)) in before.parts.iter().zip(&mut one.parts) {
            if let Some((of, name)) = element_field(old)
                && of == list
            {
                *new = eval.select(item.clone(), name);
            }
        }
        one
    };
    items.iter().map(one).collect()
}

/// Whether a handler is what a field of an object holds, which others may write to.
pub(super) fn by_field(draft: &Draft) -> bool {
    let mut handlers = draft.parts.iter().filter(|(part, _)| *part == Part::Handler);
    let kept = |value: &Value| match value {
        Value::Field(..) | Value::Element(_) => matches!(value.free(), Some(Free::Receiver(_))),
        _ => false,
    };
    handlers.any(|(_, value)| kept(value))
}

/// Whether what holds it all on the way (a list that others add to) is not known: its type is.
pub(super) fn is_lost(draft: &Draft, values: &[Value]) -> bool {
    let topics = draft.parts.iter().zip(values).filter(|((part, _), _)| *part == Part::Topic);
    topics.map(|(_, value)| value).all(super::nothing)
}

/// Whether two drafts are handled by the same.
pub(super) fn same_handlers(one: &Draft, other: &Draft) -> bool {
    let pairs = one.parts.iter().zip(&other.parts);
    pairs.filter(|((part, _), _)| *part == Part::Handler).all(|((_, a), (_, b))| a == b)
}

/// The list and the field of `list[i].field`.
fn element_field(value: &Value) -> Option<(&Value, &str)> {
    let Value::Field(base, name) = value else { return None };
    let Value::Element(list) = &**base else { return None };
    Some((list, name))
}

/// Whether a topic is the symbol itself, not a field of it.
pub(super) fn handed_over(draft: &Draft, free: Free) -> bool {
    fn direct(value: &Value, free: Free) -> bool {
        match value {
            Value::Param(func, i) => free == Free::Param(*func, *i),
            Value::Element(base) => direct(base, free),
            Value::Concat(items) | Value::List(items) | Value::OneOf(items) => {
                items.iter().any(|v| direct(v, free))
            }
            Value::Made(made) => {
                made.args.iter().flat_map(|a| a.iter()).chain(&made.receiver).any(|v| direct(v, free))
            }
            Value::Call(call) => direct(call.conversion().unwrap_or(&call.callee), free),
            // A step into what an argument holds (`type`) is still that argument.
            Value::Field(base, name) => name.starts_with(STEP) && direct(base, free),
            _ => false,
        }
    }
    draft.parts.iter().filter(|(p, _)| *p == Part::Topic).any(|(_, v)| direct(v, free))
}

/// Whether the call at `site` is given a function: with the options that name the topic beside it,
/// that is where a consumer is registered.
pub(super) fn hands_function(eval: &Eval<'_>, site: Site) -> bool {
    let facts = eval.types.program.facts(site.file);
    let Expr::Call { args, .. } = facts.expr(site.expr) else { return false };
    // In Go it is constructors that take a configuration and a function.
    if !facts.lang.files_are_modules() {
        return false;
    }
    let given = |&arg: &ExprId| eval.value(Site { file: site.file, expr: arg });
    facts.list(args).iter().map(given).any(|value| match value {
        Value::Func(closure) => eval.types.has_body(closure.func),
        _ => false,
    })
}
