//! Statements and function bodies.

use oxc_ast::ast::{
    BindingPattern, Expression, ForStatementInit, ForStatementLeft, FormalParameters, Function, IfStatement,
    Statement, SwitchStatement, TSTypeAnnotation, TryStatement, UnaryOperator, VariableDeclaration,
};
use oxc_span::{GetSpan, Span};

use super::lower::Lower;
use crate::syntax::Bodies;
use crate::syntax::facts::{AssignOp, BinaryOp, Expr, ExprId, Exprs, FuncId, Jump, Param, Stmt, Stmts, Sym};

/// Parameters and return type.
pub(super) type Signature<'s, 'a> = (&'s FormalParameters<'a>, Option<&'s TSTypeAnnotation<'a>>);

impl Lower<'_> {
    /// A declared function.
    pub(super) fn function_declaration(&mut self, function: &Function<'_>, name: &str) -> Option<FuncId> {
        let declared = function.declare || self.bodies == Bodies::Skip;
        if function.body.is_none() && !declared {
            // An overload: the implementation follows.
            return None;
        }
        let name = self.sym(name);
        let span =
            function.id.as_ref().map_or(function.span, |id| Span::new(id.span.start, function.span.end));
        let signature = (&*function.params, function.return_type.as_deref());
        let body = function.body.as_ref().map(|body| &body.statements[..]);
        let id = self.function(name, span, signature, body, |_| {});
        Some(self.generic(id, function.type_parameters.as_deref()))
    }

    /// A function with statements. `before` adds what comes first in its body.
    pub(super) fn function(
        &mut self,
        name: Sym,
        span: Span,
        signature: Signature<'_, '_>,
        body: Option<&[Statement<'_>]>,
        before: impl FnOnce(&mut Self),
    ) -> FuncId {
        self.function_with(name, span, signature, body.is_some(), |this| {
            before(this);
            if let Some(statements) = body {
                this.statements(statements);
            }
        })
    }

    /// An arrow function that gives an expression.
    pub(super) fn short_function(
        &mut self,
        name: Sym,
        span: Span,
        signature: Signature<'_, '_>,
        value: Option<&Expression<'_>>,
    ) -> FuncId {
        self.function_with(name, span, signature, true, |this| {
            if let Some(value) = value {
                let pos = value.span().start;
                let value = this.expression(value);
                let values = this.b.single(value);
                let stmt = this.b.stmt(Stmt::Return(values), pos);
                this.b.stage_stmt(stmt);
            }
        })
    }

    fn function_with(
        &mut self,
        name: Sym,
        span: Span,
        (params, returns): Signature<'_, '_>,
        has_body: bool,
        write: impl FnOnce(&mut Self),
    ) -> FuncId {
        let id = self.b.func(name, span.start);
        let parent = self.func;
        // A named function inside another is a closure that a name holds.
        self.func = Some(id);
        let locals = self.locals.len();
        let in_switch = std::mem::take(&mut self.in_switch);
        let (range, held) = self.parameters(params);
        let results = self.results(returns);
        let body = (has_body && self.bodies == Bodies::Full).then(|| {
            let mark = self.b.begin_stmts();
            for (param, held) in params.items.iter().zip(held) {
                self.open_parameter(param, held);
            }
            write(self);
            self.b.end_stmts(mark)
        });
        self.in_switch = in_switch;
        self.locals.truncate(locals);
        self.func = parent;
        let func = self.b.func_mut(id);
        func.parent = parent;
        func.params = range;
        func.results = results;
        func.body = body;
        func.end = span.end;
        id
    }

    /// The parameters, and the names by which the body knows those that are patterns.
    fn parameters(&mut self, params: &FormalParameters<'_>) -> (std::ops::Range<u32>, Vec<Sym>) {
        let mark = self.b.begin_params();
        let mut held = Vec::new();
        for param in &params.items {
            let name = match &param.pattern {
                BindingPattern::BindingIdentifier(id) => self.sym(id.name.as_str()),
                BindingPattern::AssignmentPattern(with) => match &with.left {
                    BindingPattern::BindingIdentifier(id) => self.sym(id.name.as_str()),
                    _ => self.b.temporary("given"),
                },
                _ => self.b.temporary("given"),
            };
            let ty = self.annotation(param.type_annotation.as_deref());
            self.b.stage_param(Param { name, ty, variadic: false });
            self.locals.push(name);
            held.push(name);
        }
        if let Some(rest) = &params.rest {
            let name = match &rest.rest.argument {
                BindingPattern::BindingIdentifier(id) => self.sym(id.name.as_str()),
                _ => self.b.temporary("given"),
            };
            let ty = self.annotation(rest.type_annotation.as_deref());
            let ty = match self.b.facts.expr(ty) {
                Expr::SliceType(element) => element,
                _ => ExprId::NONE,
            };
            self.b.stage_param(Param { name, ty, variadic: true });
            self.locals.push(name);
        }
        (self.b.end_params(mark), held)
    }

    /// Defaults and patterns of a parameter, as the first statements of the body.
    fn open_parameter(&mut self, param: &oxc_ast::ast::FormalParameter<'_>, held: Sym) {
        let pos = param.span.start;
        if let Some(default) = &param.initializer {
            let left = self.b.leaf(Expr::Name(held), pos);
            let right = self.expression(default);
            let value = self.b.expr(Expr::Binary { op: BinaryOp::Coalesce, left, right }, pos);
            let target = self.b.leaf(Expr::Name(held), pos);
            let targets = self.b.single(target);
            self.assign(targets, value, AssignOp::Define, pos);
        }
        if !matches!(param.pattern, BindingPattern::BindingIdentifier(_)) {
            let value = self.b.leaf(Expr::Name(held), pos);
            self.bind(&param.pattern, value, ExprId::NONE, false);
        }
    }

    /// Results: what is promised counts as given, and nothing where nothing is said.
    pub(super) fn results(&mut self, returns: Option<&TSTypeAnnotation<'_>>) -> std::ops::Range<u32> {
        let mark = self.b.begin_params();
        if returns.is_some() {
            let ty = self.annotation(returns);
            let nothing = matches!(self.b.facts.expr(ty), Expr::Name(name) if matches!(self.b.facts.text(name), "void" | "never"));
            if !nothing {
                self.b.stage_param(Param { name: Sym::EMPTY, ty, variadic: false });
            }
        }
        self.b.end_params(mark)
    }

    /// Statements of a block; functions declared in it come first, as they may be used before.
    pub(super) fn statements(&mut self, statements: &[Statement<'_>]) {
        for statement in statements {
            if let Statement::FunctionDeclaration(function) = statement
                && let Some(id) = &function.id
            {
                let name = self.sym(id.name.as_str());
                self.locals.push(name);
            }
        }
        let start = statements.first().map_or(0, |first| first.span().start);
        for statement in statements {
            if let Statement::FunctionDeclaration(function) = statement {
                self.inner_function(function, start);
            }
        }
        for statement in statements {
            self.statement(statement);
        }
    }

    fn inner_function(&mut self, function: &Function<'_>, start: u32) {
        let Some(id) = &function.id else { return };
        if function.body.is_none() {
            return;
        }
        let outer = self.b.open();
        let Some(func) = self.function_declaration(function, id.name.as_str()) else { return };
        let value = self.b.close(outer, Expr::Closure(func), start);
        let name = self.sym(id.name.as_str());
        self.define(name, value, ExprId::NONE, start);
    }

    fn block(&mut self, statements: &[Statement<'_>]) -> Stmts {
        let locals = self.locals.len();
        let mark = self.b.begin_stmts();
        if self.enter() {
            self.statements(statements);
            self.leave();
        }
        self.locals.truncate(locals);
        self.b.end_stmts(mark)
    }

    /// A statement as a block.
    fn body(&mut self, statement: &Statement<'_>) -> Stmts {
        match statement {
            Statement::BlockStatement(block) => self.block(&block.body),
            other => self.block(std::slice::from_ref(other)),
        }
    }

    fn emit(&mut self, stmt: Stmt, pos: u32) {
        let id = self.b.stmt(stmt, pos);
        self.b.stage_stmt(id);
    }

    pub(super) fn statement(&mut self, statement: &Statement<'_>) {
        let pos = statement.span().start;
        match statement {
            Statement::BlockStatement(block) => {
                let inner = self.block(&block.body);
                self.emit(Stmt::Block(inner), pos);
            }
            Statement::ExpressionStatement(one) => self.effect(&one.expression, pos),
            Statement::VariableDeclaration(variables) => self.variables(variables),
            Statement::IfStatement(choice) => self.choice(choice, pos),
            Statement::ReturnStatement(one) => {
                let values = match &one.argument {
                    Some(value) => {
                        let value = self.expression(value);
                        self.b.single(value)
                    }
                    None => Exprs::default(),
                };
                self.emit(Stmt::Return(values), pos);
            }
            Statement::ThrowStatement(one) => {
                let value = self.expression(&one.argument);
                self.emit(Stmt::Throw(value), pos);
            }
            Statement::TryStatement(one) => self.guarded(one, pos),
            Statement::SwitchStatement(one) => self.switch(one, pos),
            Statement::BreakStatement(one) => {
                let leaves_switch = one.label.is_none() && self.in_switch.last() == Some(&true);
                if !leaves_switch {
                    self.emit(Stmt::Jump(Jump::Break), pos);
                }
            }
            Statement::ContinueStatement(_) => self.emit(Stmt::Jump(Jump::Continue), pos),
            Statement::LabeledStatement(one) => self.statement(&one.body),
            Statement::ClassDeclaration(class) => {
                let name = self.class(class, "default");
                self.locals.push(name);
            }
            Statement::TSInterfaceDeclaration(interface) => self.interface(interface),
            Statement::TSTypeAliasDeclaration(alias) => self.alias(alias),
            Statement::ForStatement(_)
            | Statement::ForInStatement(_)
            | Statement::ForOfStatement(_)
            | Statement::WhileStatement(_)
            | Statement::DoWhileStatement(_) => self.repetition(statement, pos),
            _ => {}
        }
    }

    fn effect(&mut self, expression: &Expression<'_>, pos: u32) {
        match expression {
            Expression::AssignmentExpression(assignment) => {
                let value = self.expression(&assignment.right);
                self.assign_to(&assignment.left, value, assignment.operator, pos);
            }
            Expression::UpdateExpression(update) => {
                let target = self.target(&update.argument);
                let one = self.sym("1");
                let value = self.b.leaf(Expr::Number(one), pos);
                let targets = self.b.single(target);
                let op = if update.operator == oxc_ast::ast::UpdateOperator::Increment {
                    AssignOp::Add
                } else {
                    AssignOp::Sub
                };
                self.assign(targets, value, op, pos);
            }
            Expression::SequenceExpression(sequence) => {
                for one in &sequence.expressions {
                    self.effect(one, one.span().start);
                }
            }
            // Started, not waited for.
            Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::Void => {
                let value = self.expression(&unary.argument);
                self.emit(Stmt::Spawn(value), pos);
            }
            // `ready && start()`.
            Expression::LogicalExpression(logical)
                if logical.operator == oxc_ast::ast::LogicalOperator::And =>
            {
                let cond = self.expression(&logical.left);
                let mark = self.b.begin_stmts();
                self.effect(&logical.right, logical.right.span().start);
                let then = self.b.end_stmts(mark);
                self.emit(Stmt::If { init: None, cond, then, otherwise: Stmts::default() }, pos);
            }
            _ => {
                let value = self.expression(expression);
                let says = self.super_assignment(expression, value, pos);
                if !says {
                    self.emit(Stmt::Expr(value), pos);
                }
            }
        }
    }

    /// `super(…)` as a statement fills the embedded base.
    fn super_assignment(&mut self, expression: &Expression<'_>, value: ExprId, pos: u32) -> bool {
        let Expression::CallExpression(call) = expression else { return false };
        let (Expression::Super(_), Some(&base)) = (&call.callee, self.bases.last()) else { return false };
        if base.is_empty() {
            return false;
        }
        let this = self.name("this", pos);
        let target = self.b.expr(Expr::Field { base: this, name: base }, pos);
        let targets = self.b.single(target);
        self.assign(targets, value, AssignOp::Set, pos);
        true
    }

    fn variables(&mut self, variables: &VariableDeclaration<'_>) {
        for one in &variables.declarations {
            let ty = self.annotation(one.type_annotation.as_deref());
            let value = one.init.as_ref().map_or(ExprId::NONE, |init| self.expression(init));
            self.bind(&one.id, value, ty, Self::reads_environment(one.init.as_ref()));
        }
    }

    fn choice(&mut self, choice: &IfStatement<'_>, pos: u32) {
        let cond = self.expression(&choice.test);
        let then = self.body(&choice.consequent);
        let otherwise = choice.alternate.as_ref().map_or_else(Stmts::default, |other| self.body(other));
        self.emit(Stmt::If { init: None, cond, then, otherwise }, pos);
    }

    fn guarded(&mut self, one: &TryStatement<'_>, pos: u32) {
        let body = self.block(&one.block.body);
        let mut binding = Sym::EMPTY;
        let mut handler = Stmts::default();
        if let Some(catch) = &one.handler {
            // A name even where the code gives none: it tells `catch` from no `catch`.
            binding = match catch.param.as_ref().map(|param| &param.pattern) {
                Some(BindingPattern::BindingIdentifier(id)) => self.sym(id.name.as_str()),
                _ => self.sym("_"),
            };
            let locals = self.locals.len();
            self.locals.push(binding);
            handler = self.block(&catch.body.body);
            self.locals.truncate(locals);
        }
        let finalizer = one.finalizer.as_ref().map_or_else(Stmts::default, |last| self.block(&last.body));
        self.emit(Stmt::Try { body, binding, handler, finalizer }, pos);
    }

    fn switch(&mut self, one: &SwitchStatement<'_>, pos: u32) {
        // `switch (true)` is a chain of conditions.
        let bare = matches!(&one.discriminant, Expression::BooleanLiteral(value) if value.value);
        let subject = if bare { ExprId::NONE } else { self.expression(&one.discriminant) };
        let locals = self.locals.len();
        self.in_switch.push(true);
        let cases = self.b.begin_stmts();
        let mut tests: Vec<ExprId> = Vec::new();
        for (i, case) in one.cases.iter().enumerate() {
            if let Some(test) = &case.test {
                tests.push(self.expression(test));
            }
            if case.consequent.is_empty() && i + 1 < one.cases.len() {
                continue;
            }
            let mark = self.b.begin_exprs();
            for test in tests.drain(..) {
                self.b.stage_expr(test);
            }
            let values = self.b.end_exprs(mark);
            let body = match &case.consequent[..] {
                [Statement::BlockStatement(block)] => self.block(&block.body),
                statements => self.block(statements),
            };
            self.emit(Stmt::Case { values, comm: None, body }, case.span.start);
        }
        let cases = self.b.end_stmts(cases);
        self.in_switch.pop();
        self.locals.truncate(locals);
        self.emit(Stmt::Switch { init: None, subject, binding: Sym::EMPTY, cases }, pos);
    }

    fn repetition(&mut self, statement: &Statement<'_>, pos: u32) {
        let locals = self.locals.len();
        self.in_switch.push(false);
        let none = ExprId::NONE;
        match statement {
            Statement::ForStatement(one) => {
                let mark = self.b.begin_stmts();
                match &one.init {
                    Some(ForStatementInit::VariableDeclaration(variables)) => self.variables(variables),
                    Some(init) => {
                        if let Some(init) = init.as_expression() {
                            self.effect(init, pos);
                        }
                    }
                    None => {}
                }
                let before = self.b.end_stmts(mark);
                let init = (before.len > 0).then(|| self.b.stmt(Stmt::Block(before), pos));
                let cond = one.test.as_ref().map_or(none, |test| self.expression(test));
                let mark = self.b.begin_stmts();
                if let Some(update) = &one.update {
                    self.effect(update, update.span().start);
                }
                let after = self.b.end_stmts(mark);
                let post = (after.len > 0).then(|| self.b.stmt(Stmt::Block(after), pos));
                let body = self.body(&one.body);
                let targets = Exprs::default();
                self.emit(Stmt::Loop { targets, over: none, init, cond, post, body }, pos);
            }
            Statement::WhileStatement(one) => self.while_loop(&one.test, &one.body, pos),
            Statement::DoWhileStatement(one) => self.while_loop(&one.test, &one.body, pos),
            Statement::ForOfStatement(one) => self.each(&one.left, &one.right, &one.body, false, pos),
            Statement::ForInStatement(one) => self.each(&one.left, &one.right, &one.body, true, pos),
            _ => {}
        }
        self.in_switch.pop();
        self.locals.truncate(locals);
    }

    fn while_loop(&mut self, test: &Expression<'_>, body: &Statement<'_>, pos: u32) {
        let cond = self.expression(test);
        let body = self.body(body);
        let (targets, none) = (Exprs::default(), ExprId::NONE);
        self.emit(Stmt::Loop { targets, over: none, init: None, cond, post: None, body }, pos);
    }

    /// `for (x of over)` binds elements, `for (x in over)` keys.
    fn each(
        &mut self,
        left: &ForStatementLeft<'_>,
        right: &Expression<'_>,
        body: &Statement<'_>,
        keys: bool,
        pos: u32,
    ) {
        let over = self.expression(right);
        let declared = match left {
            ForStatementLeft::VariableDeclaration(variables) => variables.declarations.first(),
            _ => None,
        };
        let pattern = declared.map(|one| &one.id);
        let name = match (pattern, left) {
            (Some(BindingPattern::BindingIdentifier(id)), _) => self.sym(id.name.as_str()),
            (None, ForStatementLeft::AssignmentTargetIdentifier(id)) => self.sym(id.name.as_str()),
            _ => self.b.temporary("element"),
        };
        self.locals.push(name);
        let target = self.b.leaf(Expr::Name(name), pos);
        let mark = self.b.begin_exprs();
        if !keys {
            self.b.stage_expr(ExprId::NONE);
        }
        self.b.stage_expr(target);
        let targets = self.b.end_exprs(mark);
        let mark = self.b.begin_stmts();
        if let Some(pattern) = pattern
            && !matches!(pattern, BindingPattern::BindingIdentifier(_))
        {
            let value = self.b.leaf(Expr::Name(name), pattern.span().start);
            self.bind(pattern, value, ExprId::NONE, false);
        }
        match body {
            Statement::BlockStatement(block) => self.statements(&block.body),
            other => self.statement(other),
        }
        let body = self.b.end_stmts(mark);
        self.emit(Stmt::Loop { targets, over, init: None, cond: ExprId::NONE, post: None, body }, pos);
    }
}
