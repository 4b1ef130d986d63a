//! The writes of a path that set what was added to (see [`super::sums`]): they take a record or a field
//! that was added to before, or are given a sum that rests on the old value.

use crate::syntax::facts::{BinaryOp, Expr, ExprId, Exprs, Lang, TypeKind};

use super::sums::{NAMES, Sum};
use super::{Binding, RuleId, Site, Tracer, Type, Value};
use crate::flow::program::Ty;
use crate::flow::scope::DefKind;
use crate::flow::statement;
use crate::names::plain;
use crate::rules::Role;

/// How deep records are looked for in records.
const RECORDS: u8 = 4;

impl Tracer<'_, '_> {
    /// The additions that a write takes: what it sets is an old value and something more.
    pub(super) fn taken(&self, site: Site, rules: &[RuleId], frame: &[Binding]) -> Vec<Site> {
        if !rules.iter().any(|&rule| Role::SETS.contains(&self.flow.index.rule(rule).role)) {
            return Vec::new();
        }
        let facts = self.flow.types.program.facts(site.file);
        let (args, columns, outside) = match facts.expr(site.expr) {
            Expr::Call { callee, args, .. } => {
                let outside = match facts.expr(callee) {
                    Expr::Field { base, .. } => {
                        !matches!(self.flow.types.of(Site { file: site.file, expr: base }), Type::Named(..))
                    }
                    _ => false,
                };
                (facts.list(args).to_vec(), Vec::new(), outside)
            }
            _ => match statement::run(self.eval, site) {
                Some(run) => {
                    let set = run.statements.into_iter().flat_map(|statement| statement.columns);
                    (run.args, set.map(|column| plain(&column)).collect(), true)
                }
                None => return Vec::new(),
            },
        };
        let level = self.calls.len();
        let mut found = Vec::new();
        for sum in &self.sums {
            let takes = |&arg: &ExprId| {
                self.takes(Site { file: site.file, expr: arg }, (sum, outside), frame, level, NAMES)
            };
            if !found.contains(&sum.site) && args.iter().any(takes) {
                found.push(sum.site);
            }
        }
        if found.is_empty() {
            let mut names = columns;
            let texts = args.iter().filter_map(|&arg| match facts.expr(arg) {
                Expr::Str(text) => Some(plain(facts.text(text))),
                _ => None,
            });
            names.extend(texts);
            let sum =
                |&arg: &ExprId| self.sum_in(Site { file: site.file, expr: arg }, &names, frame, level, NAMES);
            found.extend(args.iter().find_map(sum));
        }
        found
    }

    /// Whether what is written is or holds what `sum` added to; `outside`: a library writes it, which
    /// sees no more of a record than its language lets it.
    fn takes(
        &self,
        site: Site,
        (sum, outside): (&Sum, bool),
        frame: &[Binding],
        level: usize,
        names: u8,
    ) -> bool {
        let Some(names) = names.checked_sub(1) else { return false };
        let types = self.flow.types;
        let facts = types.program.facts(site.file);
        let within = |expr| self.takes(Site { file: site.file, expr }, (sum, outside), frame, level, names);
        let list = |exprs: Exprs| facts.list(exprs).iter().any(|&expr| within(expr));
        match facts.expr(site.expr) {
            Expr::Field { base, name } => {
                let base = Site { file: site.file, expr: base };
                let same = plain(facts.text(name)) == sum.field
                    && match (types.of(base), sum.holder) {
                        (Type::Named(ty, _), Some(holder)) => ty == holder,
                        _ => self.is_whole(base, sum, frame),
                    };
                same || sum.holder.is_some_and(|holder| self.holds(&types.of(site), holder, RECORDS))
            }
            Expr::Name(name) => {
                let whole = self.is_whole(site, sum, frame) && !(outside && self.is_hidden(sum));
                whole
                    || match types.local(site, name) {
                        Some((owner, def)) => match def.kind {
                            DefKind::Value(value, _) | DefKind::RangeElement(value) => self.takes(
                                Site { file: owner.file, expr: value },
                                (sum, outside),
                                frame,
                                level,
                                names,
                            ),
                            DefKind::Param(_) | DefKind::Receiver => {
                                self.given_above(level, def.kind).is_some_and(|(level, given)| {
                                    self.takes(given, (sum, outside), frame, level, names)
                                })
                            }
                            _ => false,
                        },
                        None => false,
                    }
            }
            Expr::Call { callee, args, .. } => {
                let getter = match facts.expr(callee) {
                    Expr::Field { base, name } => {
                        self.is_whole(Site { file: site.file, expr: base }, sum, frame)
                            && !sum.field.is_empty()
                            && plain(facts.text(name)).ends_with(&sum.field)
                    }
                    _ => false,
                };
                // Looking it up is no part of writing it.
                getter || !self.is_look(site) && list(args)
            }
            Expr::Composite { entries, .. } => {
                facts.list(entries).chunks(2).any(|entry| entry.get(1).is_some_and(|&value| within(value)))
            }
            Expr::Binary { left, right, .. } => within(left) || within(right),
            Expr::Unary { operand, .. } | Expr::Slice(operand) | Expr::Assert { value: operand, .. } => {
                within(operand)
            }
            Expr::Conditional { then, otherwise, .. } => within(then) || within(otherwise),
            Expr::Template(parts) => list(parts),
            _ => false,
        }
    }

    /// Whether an expression is what has the field, or a record around it.
    fn is_whole(&self, site: Site, sum: &Sum, frame: &[Binding]) -> bool {
        let by_type = sum.holder.is_some_and(|holder| self.holds(&self.flow.types.of(site), holder, RECORDS));
        by_type || same(&self.value_in(site, frame), &sum.root)
    }

    /// Whether libraries do not see the field: in Go those that begin with a small letter.
    fn is_hidden(&self, sum: &Sum) -> bool {
        let lang = self.flow.types.program.facts(sum.site.file).lang;
        lang == Lang::Go && sum.written.starts_with(char::is_lowercase)
    }

    /// Whether a type is `holder` or a record that has one.
    fn holds(&self, ty: &Type, holder: Ty, depth: u8) -> bool {
        match ty {
            Type::Named(ty, _) if *ty == holder => true,
            Type::Named(ty, _) => {
                let Some(depth) = depth.checked_sub(1) else { return false };
                let facts = self.flow.types.program.facts(ty.file);
                let decl = &facts.types[ty.ty.0 as usize];
                decl.kind == TypeKind::Struct
                    && facts.fields(&decl.fields).iter().any(|field| {
                        let site = Site { file: ty.file, expr: field.ty };
                        self.holds(&self.flow.types.named_by(site), holder, depth)
                    })
            }
            Type::Slice(inner) | Type::Map(_, inner) => self.holds(inner, holder, depth),
            _ => false,
        }
    }

    /// A sum in what is written that rests on the old value of what it is written to:
    /// `repo.SetStock(id, product.Stock - n)`. `names`: what the write sets.
    fn sum_in(
        &self,
        site: Site,
        names: &[String],
        frame: &[Binding],
        level: usize,
        left: u8,
    ) -> Option<Site> {
        let left = left.checked_sub(1)?;
        let types = self.flow.types;
        let facts = types.program.facts(site.file);
        let at = |expr| Site { file: site.file, expr };
        let within = |expr| self.sum_in(at(expr), names, frame, level, left);
        match facts.expr(site.expr) {
            Expr::Binary { op: BinaryOp::Add | BinaryOp::Sub, left: a, right: b } => {
                let rests = [a, b].iter().any(|&part| self.is_part_of_stored(at(part), names, frame, level));
                rests.then_some(site)
            }
            Expr::Name(name) => {
                let (owner, def) = types.local(site, name)?;
                match def.kind {
                    DefKind::Value(value, 0) => {
                        self.sum_in(Site { file: owner.file, expr: value }, names, frame, level, left)
                    }
                    DefKind::Param(_) => {
                        let (level, given) = self.given_above(level, def.kind)?;
                        self.sum_in(given, names, frame, level, left)
                    }
                    _ => None,
                }
            }
            Expr::Call { args, .. } if !self.is_look(site) => {
                facts.list(args).iter().find_map(|&arg| within(arg))
            }
            Expr::Composite { entries, .. } => facts.list(entries).chunks(2).find_map(|entry| {
                let keys = match facts.expr(entry[0]) {
                    Expr::Str(text) | Expr::Name(text) => vec![plain(facts.text(text))],
                    _ => names.to_vec(),
                };
                self.sum_in(at(*entry.get(1)?), &keys, frame, level, left)
            }),
            Expr::Unary { operand, .. } => within(operand),
            Expr::Conditional { then, otherwise, .. } => within(then).or_else(|| within(otherwise)),
            _ => None,
        }
    }

    /// Whether an expression is a field of something stored, and what is written goes by its name.
    fn is_part_of_stored(&self, site: Site, names: &[String], frame: &[Binding], level: usize) -> bool {
        let facts = self.flow.types.program.facts(site.file);
        match facts.expr(site.expr) {
            Expr::Field { name, .. } => {
                let name = facts.text(name);
                names.contains(&plain(name)) && self.is_stored(self.root(site), name, frame, level, NAMES)
            }
            Expr::Name(name) => {
                let Some((owner, def)) = self.flow.types.local(site, name) else { return false };
                match def.kind {
                    DefKind::Value(value, 0) => {
                        self.is_part_of_stored(Site { file: owner.file, expr: value }, names, frame, level)
                    }
                    // `var stock int; row.Scan(&stock)`
                    DefKind::Typed(_) => {
                        names.contains(&plain(facts.text(name)))
                            && self.is_filled((owner, def), Some(site), frame)
                    }
                    _ => false,
                }
            }
            // `wallet.Balance()`
            Expr::Call { callee, args, .. } if args.len == 0 => match facts.expr(callee) {
                Expr::Field { base, name } => {
                    let name = facts.text(name);
                    let base = self.root(Site { file: site.file, expr: base });
                    names.iter().any(|set| !set.is_empty() && plain(name).ends_with(set))
                        && self.is_stored(base, name, frame, level, NAMES)
                }
                _ => false,
            },
            Expr::Call { callee, args, .. }
                if args.len == 1 && matches!(facts.expr(callee), Expr::Name(_)) =>
            {
                let given = Site { file: site.file, expr: facts.list(args)[0] };
                self.is_part_of_stored(given, names, frame, level)
            }
            _ => false,
        }
    }
}

/// Whether two values are one thing, or may be.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => a.site == b.site,
        (Value::OneOf(items), other) | (other, Value::OneOf(items)) => {
            items.iter().any(|item| same(item, other))
        }
        (Value::Opaque(None) | Value::Literal(_) | Value::Unset | Value::Typed(_) | Value::Str(_), _) => {
            false
        }
        _ => a == b,
    }
}
