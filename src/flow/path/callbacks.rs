//! What a library is given to call: closures among the arguments, and those that options name as
//! handlers of messages.

use std::sync::Arc;

use super::{Binding, Closure, Expr, ExprId, Exprs, Facts, Fn, Node, Tracer};

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
            if let Expr::Closure(inner) = facts.expr(expr) {
                let target = Fn { file: func.file, func: inner };
                if !self.stack.contains(&target) {
                    let nodes = self.function(target, frame, depth);
                    // An exit of the closure is not an exit of this function.
                    out.extend(nodes.into_iter().filter(|n| !matches!(n, Node::Exit(_))));
                }
            }
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
