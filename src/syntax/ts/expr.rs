//! Expressions.

use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionBody, BinaryOperator, CallExpression, ChainElement,
    ComputedMemberExpression, Expression, LogicalOperator, MemberExpression, ObjectExpression,
    ObjectPropertyKind, PrivateFieldExpression, SimpleAssignmentTarget, StaticMemberExpression,
    TemplateLiteral, UnaryOperator,
};
use oxc_span::{GetSpan, Span};

use super::lower::Lower;
use crate::syntax::facts::{BinaryOp, Expr, ExprId, Exprs, FuncId, Sym, UnaryOp};

impl Lower<'_> {
    pub(super) fn expression(&mut self, expression: &Expression<'_>) -> ExprId {
        let pos = expression.span().start;
        if !self.enter() {
            return self.unknown(pos);
        }
        let id = self.inner(expression, pos);
        self.leave();
        id
    }

    fn inner(&mut self, expression: &Expression<'_>, pos: u32) -> ExprId {
        match expression {
            Expression::BooleanLiteral(value) => self.b.leaf(Expr::Bool(value.value), pos),
            Expression::NullLiteral(_) => self.b.leaf(Expr::Nil, pos),
            Expression::NumericLiteral(_) | Expression::BigIntLiteral(_) => {
                let text = self.sym(self.text(expression.span()));
                self.b.leaf(Expr::Number(text), pos)
            }
            Expression::StringLiteral(text) => self.string(text.value.as_str(), pos),
            Expression::RegExpLiteral(_) => self.string(self.text(expression.span()), pos),
            Expression::TemplateLiteral(template) => self.template(template, pos),
            Expression::TaggedTemplateExpression(tagged) => {
                let callee = self.expression(&tagged.tag);
                let quasi = self.template(&tagged.quasi, tagged.quasi.span.start);
                let args = self.b.single(quasi);
                self.b.expr(Expr::Call { callee, args, spread: false }, pos)
            }
            Expression::Identifier(id) => self.reference(id.name.as_str(), pos),
            Expression::ThisExpression(_) => self.name("this", pos),
            Expression::Super(_) => self.super_base(pos),
            Expression::ArrayExpression(array) => self.array(&array.elements, pos),
            Expression::ObjectExpression(object) => self.object(object, pos),
            Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_) => {
                self.closure(expression, pos)
            }
            Expression::ClassExpression(class) => {
                let name = self.b.temporary("class");
                let name = self.b.facts.text(name).to_owned();
                let sym = self.class(class, &name);
                self.b.leaf(Expr::Name(sym), pos)
            }
            Expression::CallExpression(call) => self.call(call, pos),
            Expression::NewExpression(new) => {
                let callee = self.expression(&new.callee);
                let (args, spread) = self.arguments(&new.arguments);
                let value = self.b.expr(Expr::Call { callee, args, spread }, pos);
                match self.store_type(new, pos) {
                    Some(ty) => self.b.expr(Expr::Assert { value, ty }, pos),
                    None => value,
                }
            }
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => self.call(call, pos),
                ChainElement::TSNonNullExpression(inner) => self.expression(&inner.expression),
                element => match element.as_member_expression() {
                    Some(member) => self.member(member),
                    None => self.unknown(pos),
                },
            },
            Expression::AwaitExpression(value) => self.unary(UnaryOp::Await, &value.argument, pos),
            Expression::YieldExpression(value) => match &value.argument {
                Some(argument) => self.unary(UnaryOp::Other, argument, pos),
                None => self.unknown(pos),
            },
            Expression::UnaryExpression(unary) => self.unary(unary_op(unary.operator), &unary.argument, pos),
            Expression::UpdateExpression(update) => self.simple_target(&update.argument),
            Expression::BinaryExpression(binary) => {
                self.binary(binary_op(binary.operator), &binary.left, &binary.right)
            }
            Expression::PrivateInExpression(found) => self.expression(&found.right),
            Expression::LogicalExpression(logical) => {
                self.binary(logical_op(logical.operator), &logical.left, &logical.right)
            }
            Expression::ConditionalExpression(choice) => {
                let cond = self.expression(&choice.test);
                let then = self.expression(&choice.consequent);
                let otherwise = self.expression(&choice.alternate);
                self.b.expr(Expr::Conditional { cond, then, otherwise }, pos)
            }
            Expression::AssignmentExpression(assignment) => {
                let value = self.expression(&assignment.right);
                self.assign_to(&assignment.left, value, assignment.operator, pos);
                value
            }
            Expression::SequenceExpression(sequence) => {
                let mut last = ExprId::NONE;
                for one in &sequence.expressions {
                    last = self.expression(one);
                }
                last
            }
            Expression::TSAsExpression(cast) => self.cast(&cast.expression, &cast.type_annotation, pos),
            Expression::TSTypeAssertion(cast) => self.cast(&cast.expression, &cast.type_annotation, pos),
            Expression::ComputedMemberExpression(member) => self.computed(member),
            Expression::StaticMemberExpression(member) => self.static_member(member),
            Expression::PrivateFieldExpression(member) => self.private_member(member),
            Expression::ParenthesizedExpression(_)
            | Expression::TSNonNullExpression(_)
            | Expression::TSSatisfiesExpression(_)
            | Expression::TSInstantiationExpression(_) => self.expression(without_wrapping(expression)),
            Expression::ImportExpression(_)
            | Expression::ImportMeta(_)
            | Expression::NewTarget(_)
            | Expression::JSXElement(_)
            | Expression::JSXFragment(_)
            | Expression::V8IntrinsicExpression(_) => self.unknown(pos),
        }
    }

    fn string(&mut self, text: &str, pos: u32) -> ExprId {
        let sym = self.sym(text);
        self.b.leaf(Expr::Str(sym), pos)
    }

    /// What is embedded as the base class, as a field of `this`.
    fn super_base(&mut self, pos: u32) -> ExprId {
        let base = self.name("this", pos);
        match self.bases.last() {
            Some(&name) if !name.is_empty() => self.b.expr(Expr::Field { base, name }, pos),
            _ => base,
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expression<'_>, pos: u32) -> ExprId {
        let operand = self.expression(operand);
        self.b.expr(Expr::Unary { op, operand }, pos)
    }

    fn binary(&mut self, op: BinaryOp, left: &Expression<'_>, right: &Expression<'_>) -> ExprId {
        let pos = left.span().start;
        let left = self.expression(left);
        let right = self.expression(right);
        self.b.expr(Expr::Binary { op, left, right }, pos)
    }

    fn cast(&mut self, value: &Expression<'_>, ty: &oxc_ast::ast::TSType<'_>, pos: u32) -> ExprId {
        let value = self.expression(value);
        // `as const` and `as any` say nothing of what the value is.
        let ty = self.ty(ty);
        let says = match self.b.facts.expr(ty) {
            Expr::Unknown => false,
            Expr::Name(name) => !matches!(self.b.facts.text(name), "any" | "unknown" | "const" | "never"),
            _ => true,
        };
        if says { self.b.expr(Expr::Assert { value, ty }, pos) } else { value }
    }

    /// What `new Map<string, Queue>()` says of what it will hold.
    fn store_type(&mut self, new: &oxc_ast::ast::NewExpression<'_>, pos: u32) -> Option<ExprId> {
        let Expression::Identifier(id) = &new.callee else { return None };
        let arguments = new.type_arguments.as_deref()?;
        let ty = self.collection(id.name.as_str(), &arguments.params, pos)?;
        Some(ty)
    }

    fn template(&mut self, template: &TemplateLiteral<'_>, pos: u32) -> ExprId {
        let text = |quasi: &oxc_ast::ast::TemplateElement<'_>| {
            quasi.value.cooked.as_ref().map_or_else(|| quasi.value.raw.to_string(), ToString::to_string)
        };
        if template.expressions.is_empty() {
            let whole: String = template.quasis.iter().map(text).collect();
            return self.string(&whole, pos);
        }
        let mark = self.b.begin_exprs();
        for (i, quasi) in template.quasis.iter().enumerate() {
            let piece = text(quasi);
            if !piece.is_empty() {
                let id = self.string(&piece, quasi.span.start);
                self.b.stage_expr(id);
            }
            if let Some(value) = template.expressions.get(i) {
                let id = self.expression(value);
                self.b.stage_expr(id);
            }
        }
        let parts = self.b.end_exprs(mark);
        self.b.expr(Expr::Template(parts), pos)
    }

    fn array(&mut self, elements: &[ArrayExpressionElement<'_>], pos: u32) -> ExprId {
        let mark = self.b.begin_exprs();
        for element in elements {
            let id = match element {
                ArrayExpressionElement::SpreadElement(spread) => {
                    let inner = self.expression(&spread.argument);
                    self.b.expr(Expr::Slice(inner), spread.span.start)
                }
                ArrayExpressionElement::Elision(_) => continue,
                other => match other.as_expression() {
                    Some(value) => self.expression(value),
                    None => continue,
                },
            };
            self.b.stage_expr(ExprId::NONE);
            self.b.stage_expr(id);
        }
        let entries = self.b.end_exprs(mark);
        let ty = self.b.leaf(Expr::SliceType(ExprId::NONE), pos);
        self.b.expr(Expr::Composite { ty, entries }, pos)
    }

    fn object(&mut self, object: &ObjectExpression<'_>, pos: u32) -> ExprId {
        let mark = self.b.begin_exprs();
        for property in &object.properties {
            match property {
                ObjectPropertyKind::ObjectProperty(one) => {
                    let at = one.key.span().start;
                    let key = match one.key.static_name() {
                        Some(name) => self.string(&name, at),
                        None => match one.key.as_expression() {
                            Some(key) => self.expression(key),
                            None => self.unknown(at),
                        },
                    };
                    let value = self.expression(&one.value);
                    self.b.stage_expr(key);
                    self.b.stage_expr(value);
                }
                ObjectPropertyKind::SpreadProperty(spread) => {
                    let value = self.expression(&spread.argument);
                    self.b.stage_expr(ExprId::NONE);
                    self.b.stage_expr(value);
                }
            }
        }
        let entries = self.b.end_exprs(mark);
        self.b.expr(Expr::Composite { ty: ExprId::NONE, entries }, pos)
    }

    pub(super) fn call(&mut self, call: &CallExpression<'_>, pos: u32) -> ExprId {
        if let Expression::Super(_) = &call.callee {
            return self.super_call(call, pos);
        }
        let callee = self.expression(&call.callee);
        let (args, spread) = self.arguments(&call.arguments);
        // A call stands where its name does: chains run over many lines.
        let at = self.b.facts.expr_pos[callee.0 as usize].max(pos);
        let types = call.type_arguments.as_deref().map(|found| self.types(&found.params));
        let id = self.b.expr(Expr::Call { callee, args, spread }, at);
        if let Some(types) = types {
            self.b.facts.type_args.push((id, types));
        }
        id
    }

    fn types(&mut self, types: &[oxc_ast::ast::TSType<'_>]) -> Exprs {
        let mark = self.b.begin_exprs();
        for ty in types {
            let ty = self.ty(ty);
            self.b.stage_expr(ty);
        }
        self.b.end_exprs(mark)
    }

    /// `super(a)` builds the embedded base.
    fn super_call(&mut self, call: &CallExpression<'_>, pos: u32) -> ExprId {
        let callee = match self.base_class() {
            Some(callee) => callee,
            None => self.unknown(pos),
        };
        let (args, spread) = self.arguments(&call.arguments);
        self.b.expr(Expr::Call { callee, args, spread }, pos)
    }

    pub(super) fn arguments(&mut self, arguments: &[Argument<'_>]) -> (Exprs, bool) {
        let mark = self.b.begin_exprs();
        let mut spread = false;
        for argument in arguments {
            let id = match argument {
                Argument::SpreadElement(inner) => {
                    spread = true;
                    self.expression(&inner.argument)
                }
                other => match other.as_expression() {
                    Some(value) => self.expression(value),
                    None => continue,
                },
            };
            self.b.stage_expr(id);
        }
        (self.b.end_exprs(mark), spread)
    }

    pub(super) fn member(&mut self, member: &MemberExpression<'_>) -> ExprId {
        match member {
            MemberExpression::ComputedMemberExpression(member) => self.computed(member),
            MemberExpression::StaticMemberExpression(member) => self.static_member(member),
            MemberExpression::PrivateFieldExpression(member) => self.private_member(member),
        }
    }

    fn static_member(&mut self, member: &StaticMemberExpression<'_>) -> ExprId {
        self.member_of(&member.object, member.property.name.as_str(), member.property.span.start)
    }

    fn private_member(&mut self, member: &PrivateFieldExpression<'_>) -> ExprId {
        let name = format!("#{}", member.field.name);
        self.member_of(&member.object, &name, member.field.span.start)
    }

    fn computed(&mut self, member: &ComputedMemberExpression<'_>) -> ExprId {
        let pos = member.expression.span().start;
        if let Expression::StringLiteral(text) = &member.expression {
            return self.member_of(&member.object, text.value.as_str(), pos);
        }
        let base = self.base(&member.object);
        let index = self.expression(&member.expression);
        let args = self.b.single(index);
        self.b.expr(Expr::Index { base, args }, member.span.start)
    }

    fn member_of(&mut self, object: &Expression<'_>, name: &str, pos: u32) -> ExprId {
        if is_environment(object) {
            return self.variable(name, object.span().start);
        }
        let base = self.base(object);
        let name = self.sym(name);
        self.b.expr(Expr::Field { base, name }, pos)
    }

    /// What stands in front of a dot.
    fn base(&mut self, object: &Expression<'_>) -> ExprId {
        match object {
            Expression::Identifier(id) => self.base_reference(id.name.as_str(), id.span.start),
            _ => self.expression(object),
        }
    }

    /// A variable of the environment: `env("NAME")` of the process.
    pub(super) fn variable(&mut self, name: &str, pos: u32) -> ExprId {
        let qualifier = self.qualifier("process", "env", pos);
        let base = self.b.leaf(Expr::Name(qualifier), pos);
        let env = self.sym("env");
        let callee = self.b.expr(Expr::Field { base, name: env }, pos);
        let name = self.string(name, pos);
        let args = self.b.single(name);
        self.b.expr(Expr::Call { callee, args, spread: false }, pos)
    }

    fn simple_target(&mut self, target: &SimpleAssignmentTarget<'_>) -> ExprId {
        let pos = target.span().start;
        match target {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(id) => self.reference(id.name.as_str(), pos),
            SimpleAssignmentTarget::TSAsExpression(cast) => self.expression(&cast.expression),
            SimpleAssignmentTarget::TSSatisfiesExpression(cast) => self.expression(&cast.expression),
            SimpleAssignmentTarget::TSNonNullExpression(cast) => self.expression(&cast.expression),
            SimpleAssignmentTarget::TSTypeAssertion(cast) => self.expression(&cast.expression),
            other => match other.as_member_expression() {
                Some(member) => self.member(member),
                None => self.unknown(pos),
            },
        }
    }

    pub(super) fn target(&mut self, target: &SimpleAssignmentTarget<'_>) -> ExprId {
        self.simple_target(target)
    }

    fn closure(&mut self, value: &Expression<'_>, pos: u32) -> ExprId {
        let outer = self.b.open();
        let func = self.function_of(Sym::EMPTY, value.span(), value);
        self.b.close(outer, Expr::Closure(func), pos)
    }

    /// The function that an arrow or a function expression makes, under a name.
    pub(super) fn function_of(&mut self, name: Sym, span: Span, value: &Expression<'_>) -> FuncId {
        match value {
            Expression::ArrowFunctionExpression(arrow) => {
                let signature = (&*arrow.params, arrow.return_type.as_deref());
                let id = match &arrow.body {
                    ArrowFunctionBody::FunctionBody(body) => {
                        self.function(name, span, signature, Some(&body.statements), |_| {})
                    }
                    body => self.short_function(name, span, signature, body.as_expression()),
                };
                self.generic(id, arrow.type_parameters.as_deref())
            }
            Expression::FunctionExpression(function) => {
                let signature = (&*function.params, function.return_type.as_deref());
                let body = function.body.as_ref().map(|body| &body.statements[..]);
                let id = self.function(name, span, signature, body, |_| {});
                self.generic(id, function.type_parameters.as_deref())
            }
            _ => self.b.func(name, span.start),
        }
    }
}

/// What stands in parentheses, or under a note for the type checker that says no type.
fn without_wrapping<'e, 'a>(expression: &'e Expression<'a>) -> &'e Expression<'a> {
    match expression {
        Expression::ParenthesizedExpression(inner) => &inner.expression,
        Expression::TSNonNullExpression(inner) => &inner.expression,
        Expression::TSSatisfiesExpression(inner) => &inner.expression,
        Expression::TSInstantiationExpression(inner) => &inner.expression,
        other => other,
    }
}

fn unary_op(op: UnaryOperator) -> UnaryOp {
    match op {
        UnaryOperator::LogicalNot => UnaryOp::Not,
        UnaryOperator::UnaryNegation => UnaryOp::Negate,
        _ => UnaryOp::Other,
    }
}

fn logical_op(op: LogicalOperator) -> BinaryOp {
    match op {
        LogicalOperator::And => BinaryOp::And,
        LogicalOperator::Or => BinaryOp::Or,
        LogicalOperator::Coalesce => BinaryOp::Coalesce,
    }
}

fn binary_op(op: BinaryOperator) -> BinaryOp {
    match op {
        BinaryOperator::Addition => BinaryOp::Add,
        BinaryOperator::Subtraction => BinaryOp::Sub,
        BinaryOperator::Multiplication => BinaryOp::Mul,
        BinaryOperator::Equality | BinaryOperator::StrictEquality => BinaryOp::Equal,
        BinaryOperator::Inequality | BinaryOperator::StrictInequality => BinaryOp::NotEqual,
        BinaryOperator::LessThan => BinaryOp::Less,
        BinaryOperator::LessEqualThan => BinaryOp::LessEqual,
        BinaryOperator::GreaterThan => BinaryOp::Greater,
        BinaryOperator::GreaterEqualThan => BinaryOp::GreaterEqual,
        _ => BinaryOp::Other,
    }
}

/// `process.env`, `import.meta.env`, `Bun.env`.
pub(super) fn is_environment(expression: &Expression<'_>) -> bool {
    let Expression::StaticMemberExpression(member) = expression.get_inner_expression() else { return false };
    member.property.name == "env"
        && match member.object.get_inner_expression() {
            Expression::Identifier(id) => matches!(id.name.as_str(), "process" | "Bun"),
            Expression::ImportMeta(_) => true,
            // `globalThis.process.env`.
            Expression::StaticMemberExpression(inner) => inner.property.name == "process",
            _ => false,
        }
}
