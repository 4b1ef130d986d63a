//! Functions that are given as values: chosen from a table by the topic, handed to a pool, set by an
//! option.

use std::sync::Arc;

use super::{Binding, Closure, Node, Site, Tracer, Type, Value};
use crate::flow::scope::DefKind;
use crate::flow::value::STEP;
use crate::syntax::facts::Expr;

impl Tracer<'_, '_> {
    /// The handler that a table keeps under the topic of the messages, where something of the message
    /// chooses among them: keys that are topics are looked up by the topic.
    pub(super) fn under_topic(&self, callee: Site, frame: &[Binding]) -> Option<Vec<Arc<Closure>>> {
        let topic = self.topic.as_ref()?;
        let facts = self.flow.types.program.facts(callee.file);
        let at = |expr| Site { file: callee.file, expr };
        let chosen = match facts.expr(callee.expr) {
            Expr::Name(name) => match self.flow.types.local(callee, name)?.1.kind {
                DefKind::Value(value, 0) => value,
                _ => return None,
            },
            _ => callee.expr,
        };
        let Expr::Index { base, args } = facts.expr(chosen) else { return None };
        let &[key] = facts.list(args) else { return None };
        let Value::Object(table) = self.value_in(at(base), frame) else { return None };
        if !matches!(table.ty, Type::Map(..)) || !self.is_message(at(key), frame) {
            return None;
        }
        let (_, handler) = table.named().find(|(name, _)| name == topic)?;
        let found = self.functions_in(handler);
        (!found.is_empty()).then(|| found.to_vec())
    }

    /// Follows the functions that are sent into a channel of functions, or of what keeps some: whoever
    /// receives them runs them. Gives whether there are any, and nothing of the message beside them.
    pub(super) fn run_elsewhere(
        &mut self,
        sent: Site,
        element: &Type,
        frame: &[Binding],
        depth: u32,
        out: &mut Vec<Node>,
    ) -> bool {
        let types = self.flow.types;
        if types.signature(element).is_none() && !matches!(element, Type::Named(..)) {
            return false;
        }
        let mut beside = false;
        let given = match self.value_in(sent, frame) {
            Value::Object(object) => {
                let data = object.named().filter(|(_, value)| !is_function(value));
                beside = data.into_iter().any(|(_, value)| self.payload_is(value, frame));
                Value::one_of(object.named().map(|(_, value)| value.clone()).filter(is_function).collect())
            }
            value if types.signature(element).is_some() => value,
            _ => return false,
        };
        let found: Vec<Arc<Closure>> =
            self.functions_in(&given).iter().filter(|f| !self.stack.contains(&f.func)).cloned().collect();
        for closure in &found {
            let mut inner = closure.env.clone();
            if !inner.iter().any(|binding| binding.func == closure.func) {
                let args = self.eval.parameters(closure.func);
                inner.push(Binding { func: closure.func, args, receiver: closure.receiver.clone() });
            }
            let nodes = self.function(closure.func, &inner, depth);
            // Its end is not the end of who hands it over.
            out.extend(nodes.into_iter().filter(|node| !matches!(node, Node::Exit(_))));
        }
        !found.is_empty() && !beside
    }

    /// What options and setters put into the field that is called, or into the map of it that is asked
    /// (`r.parsers[kind] = parse`), whatever the literal has there.
    pub(super) fn set_by_options(&self, callee: Site) -> Vec<Value> {
        let (held, element) = match self.eval.value(callee) {
            Value::Element(held) => ((*held).clone(), true),
            held => (held, false),
        };
        let Value::Field(base, name) = held else { return Vec::new() };
        if name.starts_with(STEP) || !matches!(*base, Value::Receiver(_) | Value::Param(..)) {
            return Vec::new();
        }
        let Type::Named(ty, _) = self.eval.type_of(&base) else { return Vec::new() };
        let writes = self.flow.graph.writes.get(&(ty, name)).map_or(&[][..], Vec::as_slice);
        let set = writes.iter().filter(|write| write.literal.is_none() && write.element == element);
        let values = set.map(|write| self.eval.nth(write.value, write.index));
        values.filter(|value| matches!(value, Value::Param(..))).collect()
    }
}

fn is_function(value: &Value) -> bool {
    matches!(value, Value::Func(_))
}
