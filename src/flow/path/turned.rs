//! What conditions have to do with the message: which ask about what it says, and which of them turn it
//! away.

use super::{Asks, Binding, Exit, Fn, Node, OfMessage, Site, Tracer, Type};
use crate::flow::scope::DefKind;
use crate::flow::value::{STEP, Value};
use crate::syntax::facts::{Expr, ExprId, Lang, Stmt, Stmts, UnaryOp};

impl Tracer<'_, '_> {
    /// What a condition with two ways through `func` has to do with the message; `answers` is the function
    /// of the tree that it is answered by.
    pub(super) fn of_message(
        &self,
        func: Fn,
        cond: Site,
        asks: Asks,
        arms: [&[Node]; 2],
        answers: Option<Fn>,
        frame: &[Binding],
    ) -> OfMessage {
        let turns_away = self.turns_away(func, arms);
        match self.asks_of_message(cond, asks, turns_away, answers, frame) {
            false => OfMessage::Nothing,
            true if turns_away => OfMessage::TurnsAway,
            true => OfMessage::Chooses,
        }
    }

    /// Whether one of two ways through `func` ends it with the message turned away.
    fn turns_away(&self, func: Fn, arms: [&[Node]; 2]) -> bool {
        let ends = |exit: &Exit| match exit {
            Exit::Failure => true,
            // A helper that gives a value gives another one, and the handler goes on.
            _ => !self.gives_value(func),
        };
        arms.iter().any(|arm| matches!(arm.last(), Some(Node::Exit(exit)) if ends(exit)))
    }

    /// Whether a condition asks about the message; `turns_away` tells whether one side ends the function,
    /// `answers` is the function of the tree that it is answered by.
    fn asks_of_message(
        &self,
        cond: Site,
        asks: Asks,
        turns_away: bool,
        answers: Option<Fn>,
        frame: &[Binding],
    ) -> bool {
        let asked = match asks {
            // What cannot be read in another form is refused: `id, err := uuid.Parse(order.ID)`.
            Asks::Error => return turns_away && self.deps(cond).iter().any(|&call| self.reads(call, frame)),
            Asks::Conflict | Asks::Case => false,
            _ => true,
        };
        let elsewhere = answers.is_none() && self.given_context(cond, frame);
        if !asked || self.asks_for_any(cond, frame) || elsewhere {
            return false;
        }
        self.names_message(cond, frame)
    }

    /// The first condition of a `switch` on something of the message.
    pub(super) fn tells_apart(
        &self,
        func: Fn,
        subject: ExprId,
        cases: Stmts,
        frame: &[Binding],
    ) -> Option<Site> {
        let facts = self.flow.types.program.facts(func.file);
        let at = |expr| Site { file: func.file, expr };
        let cases = facts.block(cases).iter().filter_map(|&case| match facts.stmt(case) {
            Stmt::Case { values, .. } => facts.list(values).first().map(|&value| at(value)),
            _ => None,
        });
        let conditions: Vec<Site> = cases.collect();
        let first = conditions.first().copied()?;
        let named = if subject.is_none() { conditions } else { vec![at(subject)] };
        named.into_iter().any(|site| self.names_message(site, frame)).then_some(first)
    }

    /// Whether an expression names the message, a part of it, or what was built of it. What an error of a
    /// call says, it says of what the call did.
    fn names_message(&self, site: Site, frame: &[Binding]) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        let mut parts = Vec::new();
        crate::flow::walk::exprs(facts, site.expr, &mut |e| {
            if matches!(facts.expr(e), Expr::Name(_) | Expr::Field { .. } | Expr::Index { .. }) {
                parts.push(Site { file: site.file, expr: e });
            }
        });
        parts.into_iter().any(|part| !self.is_error_value(part) && self.is_message(part, frame))
    }

    /// Whether an expression is a local that holds an error, or what one says (`err.Error`).
    fn is_error_value(&self, site: Site) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        match facts.expr(site.expr) {
            Expr::Name(_) => facts.lang == Lang::Go && self.is_error(site, false),
            Expr::Field { base, .. } => self.is_error_value(Site { expr: base, ..site }),
            _ => false,
        }
    }

    /// Whether a call of a library reads a part of the message in another form.
    fn reads(&self, call: Site, frame: &[Binding]) -> bool {
        let facts = self.flow.types.program.facts(call.file);
        let Expr::Call { callee, .. } = facts.expr(call.expr) else { return false };
        let (Expr::Field { name, .. } | Expr::Name(name)) = facts.expr(callee) else { return false };
        let named = ["Parse", "Atoi", "FromString", "NewFromString", "ObjectIDFromHex"];
        let library = matches!(self.eval.value(call), Value::Made(_));
        let part = |arg: Site| self.is_part(arg, frame) && self.is_message(arg, frame);
        library
            && named.iter().any(|word| facts.text(name).starts_with(word))
            && self.arguments(call).any(|arg| part(arg) && !self.writes_itself(arg))
    }

    /// `id.String()`: what a value of a type writes of itself can be read again.
    fn writes_itself(&self, site: Site) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        let Expr::Call { callee, args, .. } = facts.expr(site.expr) else { return false };
        let Expr::Field { name, .. } = facts.expr(callee) else { return false };
        facts.text(name) == "String" && facts.list(args).is_empty()
    }

    /// `if msg == nil`, `if !ok`: whether there is a message at all, or of which type it is. What it says
    /// is asked by its parts alone.
    fn asks_for_any(&self, cond: Site, frame: &[Binding]) -> bool {
        let facts = self.flow.types.program.facts(cond.file);
        let at = |expr| Site { file: cond.file, expr };
        let asked = match facts.expr(cond.expr) {
            Expr::Binary { left, right, .. } if matches!(facts.expr(right), Expr::Nil) => {
                if !self.is_part(at(left), frame) {
                    return true;
                }
                left
            }
            Expr::Unary { operand, .. } if self.only_of_type(at(operand)) => return true,
            Expr::Unary { operand, .. } => operand,
            _ => return false,
        };
        self.payload.is_whole(&self.value_in(at(asked), frame))
    }

    /// Whether an expression is a part of something (`order.Customer`, `order.GetCustomer()`), by itself
    /// or by what its name was given.
    fn is_part(&self, site: Site, frame: &[Binding]) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        match facts.expr(site.expr) {
            Expr::Name(name) => {
                let def = self.flow.types.local(site, name).map(|(owner, def)| (owner, def.kind));
                if let Some((owner, DefKind::Value(value, 0))) = def {
                    let given = Site { file: owner.file, expr: value };
                    return !matches!(facts.expr(value), Expr::Name(_)) && self.is_part(given, frame);
                }
                let part = |value: &Value| match value {
                    Value::Field(_, name) => !name.starts_with(STEP),
                    Value::Element(_) => true,
                    _ => false,
                };
                self.value_in(site, frame).items().iter().any(part)
            }
            Expr::Call { callee, args, .. } => {
                matches!(facts.expr(callee), Expr::Field { .. }) && facts.list(args).is_empty()
            }
            _ => true,
        }
    }

    /// Whether a function other than the handler gives a value: with or without an error beside it,
    /// whoever calls it goes on.
    fn gives_value(&self, func: Fn) -> bool {
        let program = self.flow.types.program;
        program.facts(func.file).lang == Lang::Go
            && Some(func) != self.payload.handler
            && program.func(func).results.len() > usize::from(self.flow.types.gives_error(func))
    }

    /// `msg, ok := <-messages`: the second says whether the channel is open.
    /// `order, ok := msg.(*Order)`: it says of which type the message is.
    fn only_of_type(&self, site: Site) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        let Expr::Name(name) = facts.expr(site.expr) else { return false };
        let Some((owner, def)) = self.flow.types.local(site, name) else { return false };
        let DefKind::Value(value, 1) = def.kind else { return false };
        match facts.expr(value) {
            Expr::Unary { op: UnaryOp::Receive, .. } => true,
            Expr::Assert { ty, .. } => {
                !ty.is_none()
                    && matches!(
                        self.flow.types.named_by(Site { file: owner.file, expr: ty }),
                        Type::Named(..)
                    )
            }
            _ => false,
        }
    }
}
