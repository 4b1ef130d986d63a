//! What a library is given to call: closures among the arguments, functions that were made of what is
//! received, and closures that options name as handlers of messages.

use std::sync::Arc;

use super::{Binding, Closure, Expr, ExprId, Exprs, Facts, Fn, Node, Site, Tracer, Value};

impl Tracer<'_, '_> {
    /// Closures given to library calls run there (transactions, iterations).
    pub(super) fn callbacks(
        &mut self,
        func: Fn,
        id: ExprId,
        targets: &[Arc<Closure>],
        frame: &[Binding],
        depth: u32,
        out: &mut Vec<Node>,
    ) {
        if !targets.is_empty() {
            return;
        }
        let facts = self.flow.types.program.facts(func.file);
        let Expr::Call { args, .. } = facts.expr(id) else { return };
        // Of a consumer without a handler of its own, options tell who reads its messages.
        let reads = self.payload.source.is_some();
        for expr in handed_closures(facts, args, reads) {
            let site = Site { file: func.file, expr };
            match facts.expr(expr) {
                Expr::Closure(inner) => {
                    self.called_back(Fn { file: func.file, func: inner }, frame, depth, out);
                }
                // `group.Go(s.reader(ctx, deliveries))`: the function that is made of what is received.
                Expr::Call { .. } if self.given_message(site, frame) => {
                    if let Value::Func(made) = self.value_in(site, frame)
                        && self.flow.types.has_body(made.func)
                    {
                        self.called_back(made.func, &made.env, depth, out);
                    }
                }
                _ => {}
            }
        }
    }

    /// What a function does that a library runs here.
    fn called_back(&mut self, target: Fn, frame: &[Binding], depth: u32, out: &mut Vec<Node>) {
        if !self.stack.contains(&target) {
            let nodes = self.function(target, frame, depth);
            // An exit of the closure is not an exit of this function.
            out.extend(nodes.into_iter().filter(|n| !matches!(n, Node::Exit(_))));
        }
    }
}

/// The closures among the arguments of a call, and those that its options name as handlers of messages
/// (`consumer.run({ eachMessage: async () => {} })`).
fn handed_closures(facts: &Facts, args: Exprs, options: bool) -> Vec<ExprId> {
    const HANDLERS: [&str; 7] = [
        "eachMessage",
        "eachBatch",
        "callback",
        "handler",
        "handleMessage",
        "handleMessageBatch",
        "onMessage",
    ];
    let mut found = Vec::new();
    for &arg in facts.list(args) {
        match facts.expr(arg) {
            Expr::Composite { ty: ExprId::NONE, entries } if options => {
                for entry in facts.list(entries).chunks(2).filter(|entry| entry.len() == 2) {
                    if matches!(facts.expr(entry[0]), Expr::Str(name) if HANDLERS.contains(&facts.text(name)))
                    {
                        found.push(entry[1]);
                    }
                }
            }
            _ => found.push(arg),
        }
    }
    found
}
