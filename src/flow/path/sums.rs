//! Additions to what is stored: an account is loaded, `account.Balance += n`, and the account is saved.
//! The save sets a value, and a second delivery adds once more all the same. Here the additions on a
//! path are noted, and the writes that take them are told.
//!
//! Left out: additions to what the message brings or the handler itself makes (a second delivery
//! comes to the same), and counters that are there to count writes or attempts.

use crate::syntax::facts::{AssignOp, BinaryOp, Expr, ExprId, Exprs, UnaryOp};

use super::{Binding, Fn, Node, Site, Step, Tracer, Type, Value};
use crate::flow::program::Ty;
use crate::flow::scope::{Def, DefKind};
use crate::names::plain;
use crate::rules::Role;

/// How many names an expression is followed through.
pub(super) const NAMES: u8 = 8;
/// Methods of the languages' own lists and texts that add to them.
const GROW: [&str; 5] = ["push", "unshift", "push_back", "push_str", "extend"];
/// Methods of numbers and amounts that give a sum, and what gives a longer list.
const SUMS: [&str; 12] = [
    "Add",
    "Sub",
    "add",
    "sub",
    "plus",
    "minus",
    "concat",
    "checked_add",
    "checked_sub",
    "saturating_add",
    "saturating_sub",
    "wrapping_add",
];
/// What counts writes or attempts, by the ends of its names: each delivery is meant to be counted.
const OWN_COUNTS: [&str; 8] =
    ["version", "revision", "attempt", "attempts", "retries", "retrycount", "tries", "generation"];

/// An addition to a field of something stored.
#[derive(Debug)]
pub struct Sum {
    /// What is assigned.
    pub(super) site: Site,
    /// The field, as [`plain`] has it, and as it is written; empty for an element of a map.
    pub(super) field: String,
    pub(super) written: String,
    /// The type that has the field.
    pub(super) holder: Option<Ty>,
    /// What is stored, of which the field is a part.
    pub(super) root: Value,
}

impl Tracer<'_, '_> {
    /// Notes what an assignment adds to.
    pub(super) fn assigned_sums(
        &mut self,
        func: Fn,
        (targets, values): (Exprs, Exprs),
        op: AssignOp,
        frame: &[Binding],
        depth: u32,
        out: &mut Vec<Node>,
    ) {
        let facts = self.flow.types.program.facts(func.file);
        let at = |expr| Site { file: func.file, expr };
        for (i, &target) in facts.list(targets).iter().enumerate() {
            let adds = match op {
                AssignOp::Add | AssignOp::Sub => true,
                AssignOp::Set => {
                    facts.list(values).get(i).is_some_and(|&value| self.adds_to(at(value), at(target), NAMES))
                }
                AssignOp::Define | AssignOp::Other => false,
            };
            if adds {
                self.sum(func, target, frame, depth, out);
            }
        }
    }

    /// Notes what a call adds to: `order.items.push(item)`.
    pub(super) fn grown(
        &mut self,
        func: Fn,
        call: ExprId,
        frame: &[Binding],
        depth: u32,
        out: &mut Vec<Node>,
    ) {
        let facts = self.flow.types.program.facts(func.file);
        if let Expr::Call { callee, .. } = facts.expr(call)
            && let Expr::Field { base, name } = facts.expr(callee)
            && GROW.contains(&facts.text(name))
            && matches!(facts.expr(base), Expr::Field { .. })
        {
            self.sum(func, base, frame, depth, out);
        }
    }

    fn sum(&mut self, func: Fn, target: ExprId, frame: &[Binding], depth: u32, out: &mut Vec<Node>) {
        let program = self.flow.types.program;
        let facts = program.facts(func.file);
        let at = |expr| Site { file: func.file, expr };
        let mut place = target;
        while let Expr::Index { base, .. } | Expr::Unary { operand: base, .. } = facts.expr(place) {
            place = base;
        }
        let (base, written) = match facts.expr(place) {
            Expr::Field { base, name } => (base, facts.text(name).to_owned()),
            // An element of a map that is kept as a whole.
            Expr::Name(_) if matches!(facts.expr(target), Expr::Index { .. }) => (place, String::new()),
            _ => return,
        };
        let field = plain(&written);
        if OWN_COUNTS.iter().any(|end| field.ends_with(end)) {
            return;
        }
        let holder = match self.flow.types.of(at(base)) {
            Type::Named(ty, _) if !written.is_empty() => Some(ty),
            _ => None,
        };
        let (root, first) = self.way(at(place));
        if !self.is_stored(root, first.as_deref().unwrap_or(&written), frame, self.calls.len(), NAMES) {
            return;
        }
        let root = self.value_in(root, frame);
        let site = at(target);
        self.sums.push(Sum { site, field, written, holder, root });
        self.push(Step { adds: vec![site], ..Step::new(site, func, Vec::new(), depth) }, out);
    }

    /// What an expression is a part of.
    pub(super) fn root(&self, site: Site) -> Site {
        self.way(site).0
    }

    /// What an expression is a part of, and by which field of that.
    fn way(&self, site: Site) -> (Site, Option<String>) {
        let facts = self.flow.types.program.facts(site.file);
        let (mut at, mut first) = (site.expr, None);
        loop {
            at = match facts.expr(at) {
                Expr::Field { base, name } => {
                    first = Some(facts.text(name).to_owned());
                    base
                }
                Expr::Index { base, .. }
                | Expr::Slice(base)
                | Expr::Unary { op: UnaryOp::Deref | UnaryOp::AddressOf | UnaryOp::Await, operand: base }
                | Expr::Assert { value: base, .. } => base,
                _ => return (Site { file: site.file, expr: at }, first),
            };
        }
    }

    /// Whether an expression comes to the old value of `target` and something more.
    fn adds_to(&self, site: Site, target: Site, names: u8) -> bool {
        let Some(names) = names.checked_sub(1) else { return false };
        let facts = self.flow.types.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        let adds = |expr| self.adds_to(at(expr), target, names);
        let old = |expr| self.is_old(at(expr), target, names);
        match facts.expr(site.expr) {
            Expr::Binary { op, left, right } => {
                matches!(op, BinaryOp::Add | BinaryOp::Sub) && (old(left) || old(right))
                    || adds(left)
                    || adds(right)
            }
            Expr::Call { callee, args, .. } => {
                let args = facts.list(args);
                let more = |skip: usize| args.iter().skip(skip).any(|&arg| !old(arg));
                let grows = match facts.expr(callee) {
                    Expr::Name(name) => {
                        facts.text(name) == "append" && args.first().is_some_and(|&arg| old(arg)) && more(1)
                    }
                    Expr::Field { base, name } => {
                        let sums = SUMS.contains(&facts.text(name));
                        // `price.Add(n)`, `decimal.Add(price, n)`.
                        sums && more(0) && (old(base) || args.iter().any(|&arg| old(arg)))
                    }
                    _ => false,
                };
                let on = match facts.expr(callee) {
                    Expr::Field { base, .. } => adds(base),
                    _ => false,
                };
                grows || on || args.iter().any(|&arg| adds(arg))
            }
            // `[...order.items, item]`
            Expr::Composite { ty: ExprId::NONE, entries } => {
                let values: Vec<ExprId> = facts.list(entries).chunks(2).map(|entry| entry[1]).collect();
                let spread = |&value: &ExprId| matches!(facts.expr(value), Expr::Slice(inner) if old(inner));
                values.len() > 1 && values.iter().any(spread)
            }
            Expr::Conditional { then, otherwise, .. } => adds(then) || adds(otherwise),
            Expr::Unary { operand, .. } => adds(operand),
            Expr::Name(name) => match self.flow.types.local(site, name) {
                Some((owner, Def { kind: DefKind::Value(value, 0), .. })) => {
                    self.adds_to(Site { file: owner.file, expr: *value }, target, names)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether an expression is the old value of `target`, by the field and the type that has it.
    fn is_old(&self, site: Site, target: Site, names: u8) -> bool {
        let Some(names) = names.checked_sub(1) else { return false };
        let types = self.flow.types;
        let facts = types.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        match facts.expr(site.expr) {
            Expr::Field { base, name } => {
                let other = types.program.facts(target.file);
                let same_type = |base: Site, of: Site| match (types.of(base), types.of(of)) {
                    (Type::Named(a, _), Type::Named(b, _)) => a == b,
                    _ => types.program.render(base) == types.program.render(of),
                };
                matches!(other.expr(target.expr), Expr::Field { base: of, name: field }
                    if other.text(field) == facts.text(name)
                        && same_type(at(base), Site { file: target.file, expr: of }))
            }
            Expr::Index { .. } => types.program.render(site) == types.program.render(target),
            Expr::Unary { operand, .. } => self.is_old(at(operand), target, names),
            // A conversion.
            Expr::Call { callee, args, .. }
                if args.len == 1 && !matches!(facts.expr(callee), Expr::Field { .. }) =>
            {
                self.is_old(at(facts.list(args)[0]), target, names)
            }
            Expr::Name(name) => match types.local(site, name) {
                Some((owner, Def { kind: DefKind::Value(value, 0), .. })) => {
                    self.is_old(Site { file: owner.file, expr: *value }, target, names)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether what stands at `site` was there before the message: looked up, or filled by what looks
    /// up; not the message, nor what was made on the way. `level`: how many of the calls that led
    /// here lead to the function around it.
    pub(super) fn is_stored(
        &self,
        site: Site,
        field: &str,
        frame: &[Binding],
        level: usize,
        names: u8,
    ) -> bool {
        let Some(names) = names.checked_sub(1) else { return false };
        let types = self.flow.types;
        let facts = types.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        let part = |site: Site| self.is_stored(self.root(site), field, frame, level, names);
        match facts.expr(site.expr) {
            Expr::Name(name) => {
                let Some((owner, def)) = types.local(site, name) else { return false };
                let there = |expr| Site { file: owner.file, expr };
                match def.kind {
                    DefKind::Param(_) | DefKind::Receiver => {
                        self.given_above(level, def.kind).is_some_and(|(level, given)| {
                            self.is_stored(self.root(given), field, frame, level, names)
                        })
                    }
                    DefKind::Typed(_) => self.is_filled((owner, def), Some(site), frame),
                    DefKind::Value(value, _) if self.is_empty(there(value)) => {
                        self.is_filled((owner, def), Some(site), frame)
                    }
                    DefKind::Value(value, _) => {
                        self.is_stored(self.root(there(value)), field, frame, level, names)
                    }
                    DefKind::RangeElement(over) | DefKind::Narrowed(over, _) => part(there(over)),
                    DefKind::RangeKey(_) | DefKind::Result(_) => false,
                }
            }
            Expr::Call { .. } => {
                let value = self.value_in(site, frame);
                !self.is_fresh(&value, field, frame) && (self.is_look(site) || !self.is_message(site, frame))
            }
            Expr::Conditional { then, otherwise, .. } => part(at(then)) || part(at(otherwise)),
            Expr::Binary { left, right, .. } => part(at(left)) || part(at(right)),
            _ => false,
        }
    }

    /// Whether a call looks something up.
    pub(super) fn is_look(&self, call: Site) -> bool {
        let reads = |site: &Site| {
            self.rules_at(*site)
                .iter()
                .any(|&rule| matches!(self.flow.index.rule(rule).role, Role::Read | Role::CacheGet))
        };
        let facts = self.flow.types.program.facts(call.file);
        let Expr::Call { callee, .. } = facts.expr(call.expr) else { return false };
        let (Expr::Field { name, .. } | Expr::Name(name)) = facts.expr(callee) else { return false };
        super::payload::begins_as_query(facts.text(name)) || self.deps(call).iter().any(reads)
    }

    /// Whether an expression makes a record with nothing in it, for somebody to fill.
    fn is_empty(&self, site: Site) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        match facts.expr(site.expr) {
            Expr::Unary { op: UnaryOp::AddressOf, operand } => {
                self.is_empty(Site { file: site.file, expr: operand })
            }
            Expr::Composite { entries, .. } => entries.len == 0,
            Expr::Call { callee, .. } => {
                matches!(facts.expr(callee), Expr::Name(name) if matches!(facts.text(name), "new" | "make"))
            }
            _ => false,
        }
    }

    /// Whether a local is given to a call before `site` that fills it, other than with the message.
    pub(super) fn is_filled(&self, (owner, def): (Fn, &Def), site: Option<Site>, frame: &[Binding]) -> bool {
        let program = self.flow.types.program;
        let facts = program.facts(owner.file);
        let here = site.filter(|site| site.file == owner.file);
        let until = here.map_or(u32::MAX, |site| facts.expr_pos[site.expr.0 as usize]);
        let Some(body) = program.func(owner).body else { return false };
        let is_it = |arg: ExprId| {
            let held = match facts.expr(arg) {
                Expr::Unary { op: UnaryOp::AddressOf, operand } => {
                    self.root(Site { file: owner.file, expr: operand }).expr
                }
                Expr::Name(_) => arg,
                _ => return false,
            };
            matches!(facts.expr(held), Expr::Name(name) if name == def.name)
        };
        let mut filled = false;
        for &id in facts.block(body) {
            crate::flow::walk::exprs_of_stmt(facts, id, &mut |expr| {
                let Expr::Call { args, .. } = facts.expr(expr) else { return };
                let call = Site { file: owner.file, expr };
                if (def.pos..until).contains(&facts.expr_pos[expr.0 as usize])
                    && facts.list(args).iter().any(|&arg| is_it(arg))
                {
                    let decodes = self
                        .rules_at(call)
                        .iter()
                        .any(|&rule| self.flow.index.rule(rule).role == Role::Decode);
                    filled |= !decodes || self.is_of_other(call, frame);
                }
            });
        }
        filled
    }

    /// `w := &Wallet{ID: id}; row.Scan(&w.Balance)`: whether the local that a literal is made for is given
    /// to a call that fills it.
    fn is_filled_where_made(&self, literal: Site, frame: &[Binding]) -> bool {
        let program = self.flow.types.program;
        let Some(owner) = program.owner(literal) else { return false };
        let file = program.file(owner.file);
        let held = |expr| match file.facts.expr(expr) {
            Expr::Unary { op: UnaryOp::AddressOf, operand } => operand == literal.expr,
            _ => expr == literal.expr,
        };
        let made = |def: &&Def| matches!(def.kind, DefKind::Value(value, 0) if held(value));
        let def = file.scopes[owner.func.0 as usize].defs.iter().find(made);
        def.is_some_and(|def| self.is_filled((owner, def), None, frame))
    }

    /// Whether what is in a field was put there on the way, so that a second delivery begins from the same.
    fn is_fresh(&self, value: &Value, field: &str, frame: &[Binding]) -> bool {
        match value {
            Value::Object(object) => {
                let facts = self.flow.types.program.facts(object.site.file);
                let written = matches!(facts.expr(object.site.expr), Expr::Composite { entries, .. } if entries.len > 0);
                match object.field(field, &|_| Value::Opaque(None)) {
                    None => written && !self.is_filled_where_made(object.site, frame),
                    Some(Value::Literal(_) | Value::Str(_) | Value::Unset) => true,
                    Some(held) => self.payload_is(&held, frame),
                }
            }
            Value::Literal(_) | Value::Str(_) | Value::Unset | Value::Func(_) => true,
            Value::OneOf(items) => items.iter().all(|item| self.is_fresh(item, field, frame)),
            _ => false,
        }
    }
}

/// Leaves out the additions that nothing writes down, and what led to them alone.
pub(super) fn keep_written(nodes: &mut Vec<Node>) {
    fn written(nodes: &[Node], found: &mut Vec<Site>) {
        for node in nodes {
            match node {
                Node::Step(step) => {
                    if !step.is_sum() {
                        found.extend(&step.adds);
                    }
                    written(&step.inner, found);
                }
                Node::Branch(branch) => {
                    written(&branch.then, found);
                    written(&branch.otherwise, found);
                }
                Node::Loop(body) => written(body, found),
                Node::Exit(_) | Node::Cut(_) => {}
            }
        }
    }
    fn keep(nodes: &mut Vec<Node>, found: &[Site]) {
        nodes.retain_mut(|node| match node {
            Node::Step(step) if step.is_sum() => found.contains(&step.site),
            Node::Step(step) => {
                let leads = !step.inner.is_empty();
                keep(&mut step.inner, found);
                !leads || !step.rules.is_empty() || step.inner.iter().any(super::matters)
            }
            Node::Branch(branch) => {
                keep(&mut branch.then, found);
                keep(&mut branch.otherwise, found);
                !branch.then.is_empty() || !branch.otherwise.is_empty()
            }
            Node::Loop(body) => {
                keep(body, found);
                !body.is_empty()
            }
            Node::Exit(_) | Node::Cut(_) => true,
        });
    }
    let mut found = Vec::new();
    written(nodes, &mut found);
    keep(nodes, &found);
}
