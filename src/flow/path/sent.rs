//! What is sent into a channel: whoever receives it goes on with it, on its own and unasked.

use super::{Binding, Cut, CutReason, ErrorUse, ExprId, Fn, Node, Site, Step, Tracer, Value};
use super::{Type, matters};
use crate::flow::channels::{Channel, Receipt};

/// Beyond so many receivers nobody can say which of them has the message.
const RECEIVERS: usize = 3;

impl Tracer<'_, '_> {
    /// What is sent into a channel: the message, or what became of it.
    pub(super) fn send(
        &mut self,
        func: Fn,
        channel: ExprId,
        value: ExprId,
        frame: &[Binding],
        depth: u32,
        out: &mut Vec<Node>,
    ) {
        self.expr(func, channel, ErrorUse::Other, false, frame, depth, out);
        self.expr(func, value, ErrorUse::Other, false, frame, depth, out);
        let sent = Site { file: func.file, expr: value };
        let channel = Site { file: func.file, expr: channel };
        let element = match self.flow.types.of(channel) {
            Type::Chan(element) => (*element).clone(),
            _ => Type::Unknown,
        };
        if self.run_elsewhere(sent, &element, frame, depth, out) {
            return;
        }
        if self.is_outcome(&element) {
            return;
        }
        if !self.is_message(sent, frame) {
            self.payload.let_go = true;
            return;
        }
        let receipts = self.receipts(channel, frame);
        if receipts.is_empty() || receipts.len() > RECEIVERS {
            out.push(Node::Cut(Cut { site: sent, why: CutReason::Unresolved, hands_on: true }));
        }
        for receipt in receipts.into_iter().take(RECEIVERS) {
            self.received(sent, func, receipt, depth, out);
        }
    }

    /// Where what is sent into the channel at `site` is received, once for each function.
    fn receipts(&self, site: Site, frame: &[Binding]) -> Vec<Receipt> {
        let (types, graph) = (self.flow.types, &self.flow.graph);
        let mut channels = Channel::at(types, site).map_or_else(Vec::new, |at| at.origins(types, graph));
        // What the path tells of it.
        if let Value::Field(base, name) = self.value_in(site, frame)
            && let Type::Named(ty, _) = self.eval.type_of(&base)
        {
            channels.extend(Channel::Field(ty, name).origins(types, graph));
        }
        let mut found: Vec<Receipt> = Vec::new();
        for receipt in channels.iter().filter_map(|channel| graph.receipts.get(channel)).flatten() {
            if !found.iter().any(|known| known.func == receipt.func) {
                found.push(*receipt);
            }
        }
        found
    }

    /// Follows the function that receives what is sent at `sent`.
    fn received(&mut self, sent: Site, func: Fn, receipt: Receipt, depth: u32, out: &mut Vec<Node>) {
        if self.stack.contains(&receipt.func) {
            return;
        }
        if depth >= self.max_depth {
            out.push(Node::Cut(Cut { site: sent, why: CutReason::Depth, hands_on: false }));
            return;
        }
        // What the channel gives there is the message.
        let channel = self.eval.value(receipt.from);
        if channel != Value::Opaque(None) {
            self.payload.values.insert(channel);
        }
        let frame = self.eval.symbolic(receipt.func).env.clone();
        let inner = self.function(receipt.func, &frame, depth + 1);
        // Who receives it may give it to its caller, whom nothing tells.
        self.payload.let_go |= !inner.iter().any(matters);
        if inner.iter().any(matters) {
            let step = Step::new(sent, func, Vec::new(), depth);
            self.push(Step { into: Some(receipt.func), detached: true, inner, ..step }, out);
        }
    }

    /// Whether a type is one of errors. Go names those so: <https://go.dev/wiki/Errors#naming>.
    fn is_outcome(&self, ty: &Type) -> bool {
        let program = self.flow.types.program;
        match ty {
            Type::Basic(name) => &**name == "error",
            Type::Named(ty, _) => {
                let facts = program.facts(ty.file);
                facts.text(facts.types[ty.ty.0 as usize].name).ends_with("Error")
            }
            Type::External(_, name) => name.ends_with("Error"),
            _ => false,
        }
    }
}
