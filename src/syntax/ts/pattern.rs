//! Destructuring: one assignment for each name that a pattern binds.

use oxc_ast::ast::{
    AssignmentOperator, AssignmentTarget, AssignmentTargetMaybeDefault, AssignmentTargetProperty,
    BindingPattern, Expression,
};
use oxc_span::GetSpan;

use super::lower::Lower;
use crate::syntax::facts::{AssignOp, BinaryOp, Expr, ExprId, Exprs, Stmt, Sym};

/// A step from a value to a part of it.
#[derive(Clone)]
enum Part {
    Field(Sym),
    Element(Sym),
    Rest,
    Default(ExprId),
}

impl Lower<'_> {
    /// The names a pattern binds to parts of `held`, with what they hold. `environment` says that
    /// `held` is the environment's variables.
    pub(super) fn parts(
        &mut self,
        pattern: &BindingPattern<'_>,
        held: Sym,
        environment: bool,
    ) -> Vec<(Sym, ExprId, u32)> {
        let mut found = Vec::new();
        let mut path = Vec::new();
        self.collect(pattern, &mut path, &mut found);
        found
            .into_iter()
            .map(|(name, path, pos)| {
                let value = self.follow(held, &path, environment, pos);
                (name, value, pos)
            })
            .collect()
    }

    fn collect(
        &mut self,
        pattern: &BindingPattern<'_>,
        path: &mut Vec<Part>,
        found: &mut Vec<(Sym, Vec<Part>, u32)>,
    ) {
        if !self.enter() {
            return;
        }
        match pattern {
            BindingPattern::BindingIdentifier(id) => {
                let name = self.sym(id.name.as_str());
                found.push((name, path.clone(), id.span.start));
            }
            BindingPattern::ObjectPattern(object) => {
                for property in &object.properties {
                    let key = property.key.static_name().map(|name| self.sym(&name));
                    path.push(key.map_or(Part::Rest, Part::Field));
                    self.collect(&property.value, path, found);
                    path.pop();
                }
                if let Some(rest) = &object.rest {
                    path.push(Part::Rest);
                    self.collect(&rest.argument, path, found);
                    path.pop();
                }
            }
            BindingPattern::ArrayPattern(array) => {
                for (i, element) in array.elements.iter().enumerate() {
                    if let Some(element) = element {
                        let index = self.sym(&i.to_string());
                        path.push(Part::Element(index));
                        self.collect(element, path, found);
                        path.pop();
                    }
                }
                if let Some(rest) = &array.rest {
                    path.push(Part::Rest);
                    self.collect(&rest.argument, path, found);
                    path.pop();
                }
            }
            BindingPattern::AssignmentPattern(with_default) => {
                let value = self.expression(&with_default.right);
                path.push(Part::Default(value));
                self.collect(&with_default.left, path, found);
                path.pop();
            }
        }
        self.leave();
    }

    fn follow(&mut self, held: Sym, path: &[Part], environment: bool, pos: u32) -> ExprId {
        let mut value = self.b.leaf(Expr::Name(held), pos);
        let mut environment = environment;
        for part in path {
            value = match part {
                Part::Field(name) if environment => {
                    let name = self.b.facts.text(*name).to_owned();
                    self.variable(&name, pos)
                }
                Part::Field(name) => self.b.expr(Expr::Field { base: value, name: *name }, pos),
                Part::Element(index) => {
                    let index = self.b.leaf(Expr::Number(*index), pos);
                    let args = self.b.single(index);
                    self.b.expr(Expr::Index { base: value, args }, pos)
                }
                Part::Rest => value,
                Part::Default(default) => {
                    self.b.expr(Expr::Binary { op: BinaryOp::Coalesce, left: value, right: *default }, pos)
                }
            };
            environment = false;
        }
        value
    }

    /// Defines what a pattern binds to `value`.
    pub(super) fn bind(
        &mut self,
        pattern: &BindingPattern<'_>,
        value: ExprId,
        ty: ExprId,
        environment: bool,
    ) {
        let pos = pattern.span().start;
        if let BindingPattern::BindingIdentifier(id) = pattern {
            let name = self.sym(id.name.as_str());
            self.define(name, value, ty, pos);
            return;
        }
        let held = if let Expr::Name(name) = self.b.facts.expr(value) {
            name
        } else {
            let held = self.b.temporary("value");
            self.define(held, value, ty, pos);
            held
        };
        for (name, value, pos) in self.parts(pattern, held, environment) {
            self.define(name, value, ExprId::NONE, pos);
        }
    }

    /// `target op= value`.
    pub(super) fn assign_to(
        &mut self,
        target: &AssignmentTarget<'_>,
        value: ExprId,
        op: AssignmentOperator,
        pos: u32,
    ) {
        let op = match op {
            AssignmentOperator::Assign
            | AssignmentOperator::LogicalNullish
            | AssignmentOperator::LogicalOr
            | AssignmentOperator::LogicalAnd => AssignOp::Set,
            AssignmentOperator::Addition => AssignOp::Add,
            AssignmentOperator::Subtraction => AssignOp::Sub,
            _ => AssignOp::Other,
        };
        if let Some(simple) = target.as_simple_assignment_target() {
            let target = self.target(simple);
            if let (Expr::Name(name), AssignOp::Set) = (self.b.facts.expr(target), op) {
                self.fill_global(name, value);
            }
            let targets = self.b.single(target);
            self.assign(targets, value, op, pos);
            return;
        }
        let held = self.b.temporary("value");
        self.define(held, value, ExprId::NONE, pos);
        match target {
            AssignmentTarget::ObjectAssignmentTarget(object) => {
                for property in &object.properties {
                    match property {
                        AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(one) => {
                            let name = self.sym(one.binding.name.as_str());
                            let at = one.span.start;
                            let target = self.reference(one.binding.name.as_str(), at);
                            self.assign_part(target, held, &Part::Field(name), at);
                        }
                        AssignmentTargetProperty::AssignmentTargetPropertyProperty(one) => {
                            let part = one.name.static_name().map(|name| Part::Field(self.sym(&name)));
                            self.assign_inner(&one.binding, held, &part.unwrap_or(Part::Rest));
                        }
                    }
                }
            }
            AssignmentTarget::ArrayAssignmentTarget(array) => {
                for (i, element) in array.elements.iter().enumerate() {
                    if let Some(element) = element {
                        let index = self.sym(&i.to_string());
                        self.assign_inner(element, held, &Part::Element(index));
                    }
                }
            }
            _ => {}
        }
    }

    fn assign_inner(&mut self, target: &AssignmentTargetMaybeDefault<'_>, held: Sym, part: &Part) {
        let inner = match target {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(one) => Some(&one.binding),
            other => other.as_assignment_target(),
        };
        if let Some(simple) = inner.and_then(|inner| inner.as_simple_assignment_target()) {
            let pos = simple.span().start;
            let target = self.target(simple);
            self.assign_part(target, held, part, pos);
        }
    }

    fn assign_part(&mut self, target: ExprId, held: Sym, part: &Part, pos: u32) {
        let value = self.follow(held, std::slice::from_ref(part), false, pos);
        if let Expr::Name(name) = self.b.facts.expr(target) {
            self.fill_global(name, value);
        }
        let targets = self.b.single(target);
        self.assign(targets, value, AssignOp::Set, pos);
    }

    pub(super) fn assign(&mut self, targets: Exprs, value: ExprId, op: AssignOp, pos: u32) {
        let values = self.b.single(value);
        let stmt = self.b.stmt(Stmt::Assign { targets, values, ty: ExprId::NONE, op }, pos);
        self.b.stage_stmt(stmt);
    }

    /// Whether an initialiser is the environment's variables.
    pub(super) fn reads_environment(init: Option<&Expression<'_>>) -> bool {
        init.is_some_and(super::expr::is_environment)
    }
}
