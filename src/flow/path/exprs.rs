//! Expressions on a path, in the order they are worked out.

use crate::syntax::facts::{BinaryOp, Expr, ExprId, Lang, Sym, UnaryOp};

use super::{About, Binding, Branch, ErrorUse, Fn, Node, RuleId, Site, Step, Tracer};
use crate::flow::program::Decl;
use crate::flow::statement;

impl Tracer<'_, '_> {
    /// Visits an expression: arguments before the call they are given to.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn expr(
        &mut self,
        func: Fn,
        id: ExprId,
        error: ErrorUse,
        detached: bool,
        frame: &[Binding],
        depth: u32,
        out: &mut Vec<Node>,
    ) {
        if id.is_none() {
            return;
        }
        let facts = self.flow.types.program.facts(func.file);
        match facts.expr(id) {
            Expr::Call { callee, args, .. } => {
                if let Expr::Field { base, name } = facts.expr(callee) {
                    // `send().catch(report)`: looked at, and the function goes on. `send().Err()`,
                    // `row.Scan(&id)`: what becomes of the answer becomes of the error.
                    let error = match facts.text(name) {
                        "catch" if self.thrown(func).is_some() => ErrorUse::Logged,
                        "Err" | "Result" | "Scan" => error,
                        _ => ErrorUse::Other,
                    };
                    self.expr(func, base, error, false, frame, depth, out);
                }
                for &arg in facts.list(args) {
                    self.expr(func, arg, ErrorUse::Other, false, frame, depth, out);
                }
                self.run(func, id, error, out);
                self.call(func, id, error, detached, frame, depth, out);
            }
            Expr::Composite { entries, .. } => {
                for &entry in facts.list(entries) {
                    self.expr(func, entry, ErrorUse::Other, false, frame, depth, out);
                }
                self.literal(func, id, frame, depth, out);
            }
            Expr::Str(_) => self.literal(func, id, frame, depth, out),
            Expr::Template(parts) => {
                self.literal(func, id, frame, depth, out);
                for &part in facts.list(parts) {
                    self.expr(func, part, ErrorUse::Other, false, frame, depth, out);
                }
            }
            Expr::Conditional { cond, then, otherwise } => {
                self.expr(func, cond, ErrorUse::Other, false, frame, depth, out);
                let (mut when, mut unless) = (Vec::new(), Vec::new());
                self.expr(func, then, error, detached, frame, depth, &mut when);
                self.expr(func, otherwise, error, detached, frame, depth, &mut unless);
                if !when.is_empty() || !unless.is_empty() {
                    let cond = Site { file: func.file, expr: cond };
                    let branch = Branch::new(cond, self.deps(cond), self.asks(cond));
                    out.push(Node::Branch(Branch { then: when, otherwise: unless, ..branch }));
                }
            }
            // `send()?`: an error leaves the function.
            Expr::Unary { op: UnaryOp::Try, operand } => {
                self.expr(func, operand, ErrorUse::Returned, detached, frame, depth, out);
            }
            Expr::Field { base, .. } | Expr::Slice(base) | Expr::Unary { operand: base, .. } => {
                self.expr(func, base, error, detached, frame, depth, out);
            }
            Expr::Index { base, args } => {
                self.expr(func, base, ErrorUse::Other, false, frame, depth, out);
                for &arg in facts.list(args) {
                    self.expr(func, arg, ErrorUse::Other, false, frame, depth, out);
                }
            }
            Expr::Binary { op, left, right } => {
                // `claim().await.unwrap_or(true)`: as if it had not failed.
                let instead = op == BinaryOp::Coalesce && facts.lang == Lang::Rust;
                let dropped = instead && error != ErrorUse::Returned;
                let of_left = if dropped { ErrorUse::Dropped } else { ErrorUse::Other };
                self.expr(func, left, of_left, false, frame, depth, out);
                self.expr(func, right, ErrorUse::Other, false, frame, depth, out);
            }
            Expr::Assert { value, ty } => {
                self.expr(func, value, ErrorUse::Other, false, frame, depth, out);
                self.asserted(Site { file: func.file, expr: value }, ty, frame);
            }
            Expr::Name(name) => self.named_text(func, id, name, frame, depth, out),
            _ => {}
        }
    }

    /// What becomes of the error of a call is what becomes of the statement that it is given.
    fn run(&self, func: Fn, call: ExprId, error: ErrorUse, out: &mut [Node]) {
        let runs = |step: &Step| {
            step.error == ErrorUse::None
                && step.into.is_none()
                && statement::run(self.eval, step.site).is_some_and(|run| run.call.expr == call)
        };
        let statement = out.iter_mut().rev().find_map(|node| match node {
            Node::Step(step) if step.func == func && runs(step) => Some(step),
            _ => None,
        });
        if let Some(step) = statement {
            step.error = error;
        }
    }

    /// SQL kept in a constant counts where it is used.
    fn named_text(
        &mut self,
        func: Fn,
        id: ExprId,
        name: Sym,
        frame: &[Binding],
        depth: u32,
        out: &mut Vec<Node>,
    ) {
        let site = Site { file: func.file, expr: id };
        let rules = self.rules_of_constant(site, name);
        self.text(site, func, rules, frame, depth, out);
    }

    /// The rules for the text of a constant of the package.
    fn rules_of_constant(&self, site: Site, name: Sym) -> Vec<RuleId> {
        if self.flow.types.local(site, name).is_some() {
            return Vec::new();
        }
        let Some(Decl::Global(global)) = self.flow.types.program.lookup(site.file, name) else {
            return Vec::new();
        };
        let facts = self.flow.types.program.facts(global.file);
        let value = facts.globals[global.index as usize].value;
        if value.is_none() || !matches!(facts.expr(value), Expr::Str(_)) {
            return Vec::new();
        }
        self.rules_at(Site { file: global.file, expr: value })
    }

    /// Whether a call is given a statement of SQL that a rule tells the meaning of: whatever runs it, what
    /// becomes of that is known.
    pub(super) fn runs_statement(&self, call: Site) -> bool {
        let facts = self.flow.types.program.facts(call.file);
        let Expr::Call { args, .. } = facts.expr(call.expr) else { return false };
        facts.list(args).iter().any(|&arg| {
            let site = Site { file: call.file, expr: arg };
            match facts.expr(arg) {
                Expr::Name(name) => !self.rules_of_constant(site, name).is_empty(),
                Expr::Str(_) | Expr::Template(_) => !self.rules_at(site).is_empty(),
                _ => false,
            }
        })
    }

    fn literal(&mut self, func: Fn, id: ExprId, frame: &[Binding], depth: u32, out: &mut Vec<Node>) {
        let site = Site { file: func.file, expr: id };
        let rules = self.rules_at(site);
        self.text(site, func, rules, frame, depth, out);
    }

    fn text(
        &mut self,
        site: Site,
        func: Fn,
        rules: Vec<RuleId>,
        frame: &[Binding],
        depth: u32,
        out: &mut Vec<Node>,
    ) {
        if !rules.is_empty() {
            let keyed = self.keyed(site, &rules, frame);
            let adds = self.taken(site, &rules, frame);
            let step = Step { about: About::Message, keyed, adds, ..Step::new(site, func, rules, depth) };
            self.push(step, out);
        }
    }
}
