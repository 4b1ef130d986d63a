//! Classes: a type with its methods, an initialiser, and what a container would build it from.

use oxc_ast::ast::{
    Class, ClassElement, Decorator, Expression, FormalParameter, MethodDefinition, MethodDefinitionKind,
    PropertyDefinition,
};
use oxc_span::{GetSpan, Span};

use super::lower::Lower;
use crate::syntax::facts::{AssignOp, Expr, ExprId, Exprs, Field, FuncId, Global, Param, Sym, TypeKind};

/// The method that gives fields their first values; no language has it in names.
pub const INITIALISER: &str = "(fields)";

impl Lower<'_> {
    /// Declares a class and gives the name it goes by.
    pub(super) fn class(&mut self, class: &Class<'_>, otherwise: &str) -> Sym {
        let pos = class.id.as_ref().map_or(class.span.start, |id| id.span.start);
        let text = class.id.as_ref().map_or(otherwise, |id| id.name.as_str()).to_owned();
        let name = self.sym(&text);
        let id = self.b.type_decl(name, self.func, pos);
        let params = self.type_parameters(class.type_parameters.as_deref());
        let decorators = self.decorators(class.decorators.iter());
        let implements = self.implemented(class);

        let mark = self.b.begin_fields();
        let base = self.base_field(class);
        self.bases.push(base);
        self.base_exprs.push(class.heritage.as_ref().and_then(|heritage| match &heritage.expression {
            Expression::Identifier(id) => Some((id.name.to_string(), id.span.start)),
            _ => None,
        }));
        let constructor = class.body.body.iter().find_map(|element| match element {
            ClassElement::MethodDefinition(method)
                if method.kind == MethodDefinitionKind::Constructor && method.value.body.is_some() =>
            {
                Some(method)
            }
            _ => None,
        });
        for param in constructor.iter().flat_map(|method| &method.value.params.items) {
            self.parameter_field(param);
        }
        for element in &class.body.body {
            if let ClassElement::PropertyDefinition(property) = element {
                self.property_field(property);
            }
        }
        let fields = self.b.end_fields(mark);

        let mut methods = Vec::new();
        for element in &class.body.body {
            match element {
                ClassElement::MethodDefinition(method) => self.method(method, &text, name, &mut methods),
                ClassElement::PropertyDefinition(property) => self.property_method(property, &text, name),
                _ => {}
            }
        }
        if self.reads_bodies() {
            self.initialiser(class, name, pos);
        }
        let decl = self.b.type_mut(id);
        decl.kind = TypeKind::Struct;
        decl.type_params = params;
        decl.fields = fields;
        decl.methods = methods;
        decl.decorators = decorators;
        decl.implements = implements;
        self.bases.pop();
        self.base_exprs.pop();
        if !class.decorators.is_empty() && self.reads_bodies() && !class.r#abstract {
            self.injected(name, constructor.map(|method| &method.value.params.items[..]), pos);
        }
        name
    }

    pub(super) fn base_class(&mut self) -> Option<ExprId> {
        let (name, pos) = self.base_exprs.last()?.clone()?;
        Some(self.reference(&name, pos))
    }

    fn decorators<'d, 'a: 'd>(&mut self, decorators: impl IntoIterator<Item = &'d Decorator<'a>>) -> Exprs {
        let mark = self.b.begin_exprs();
        for decorator in decorators {
            let id = self.expression(&decorator.expression);
            self.b.stage_expr(id);
        }
        self.b.end_exprs(mark)
    }

    fn implemented(&mut self, class: &Class<'_>) -> Exprs {
        let mark = self.b.begin_exprs();
        for interface in &class.implements {
            let id = self.type_name(&interface.expression);
            self.b.stage_expr(id);
        }
        self.b.end_exprs(mark)
    }

    /// The base class as an embedded field; its name.
    fn base_field(&mut self, class: &Class<'_>) -> Sym {
        let Some(heritage) = &class.heritage else { return Sym::EMPTY };
        let pos = heritage.expression.span().start;
        let text = match &heritage.expression {
            Expression::Identifier(id) => id.name.to_string(),
            Expression::StaticMemberExpression(member) => member.property.name.to_string(),
            // `extends PartialType(Order)`, `extends Mixin(Base)`: what it is made of.
            Expression::CallExpression(call) => {
                let first = call.arguments.first().and_then(|first| first.as_expression());
                match first {
                    Some(Expression::Identifier(id)) => id.name.to_string(),
                    _ => return Sym::EMPTY,
                }
            }
            _ => return Sym::EMPTY,
        };
        let ty = match &heritage.expression {
            Expression::CallExpression(_) => self.reference(&text, pos),
            other => self.expression(other),
        };
        let name = self.sym(&text);
        self.b.stage_field(Field { name, ty, tag: Sym::EMPTY, embedded: true, pos });
        name
    }

    /// `constructor(private readonly repo: Repo)` declares a field.
    fn parameter_field(&mut self, param: &FormalParameter<'_>) {
        if let Some(name) = property_parameter(param) {
            let (name, pos) = (self.sym(name), param.span.start);
            let ty = self.annotation(param.type_annotation.as_deref());
            self.b.stage_field(Field { name, ty, tag: Sym::EMPTY, embedded: false, pos });
        }
    }

    fn property_field(&mut self, property: &PropertyDefinition<'_>) {
        if property.r#static || arrow(property).is_some() {
            return;
        }
        let Some(name) = property_name(property) else { return };
        let (name, pos) = (self.sym(&name), property.span.start);
        let mut ty = self.annotation(property.type_annotation.as_deref());
        if ty.is_none()
            && let Some(Expression::NewExpression(new)) = property.value.as_ref()
        {
            ty = self.expression(&new.callee);
        }
        let tag = decorator_names(&property.decorators).join(" ");
        let tag = self.sym(&tag);
        self.b.stage_field(Field { name, ty, tag, embedded: false, pos });
    }

    fn method(&mut self, method: &MethodDefinition<'_>, class: &str, owner: Sym, declared: &mut Vec<FuncId>) {
        let Some(name) = method
            .key
            .static_name()
            .map(std::borrow::Cow::into_owned)
            .or_else(|| method.key.private_name().map(|name| format!("#{name}")))
        else {
            return;
        };
        let function = &*method.value;
        let at = method.key.span().start;
        let span = Span::new(at, function.span.end);
        let signature = (&*function.params, function.return_type.as_deref());
        let body = function.body.as_ref().map(|body| &body.statements[..]);
        let is_abstract = method.r#type == oxc_ast::ast::MethodDefinitionType::TSAbstractMethodDefinition;
        if body.is_none() && !is_abstract && self.reads_bodies() {
            // An overload.
            return;
        }
        let text = match method.kind {
            MethodDefinitionKind::Set => format!("set {name}"),
            _ if method.r#static => format!("{class}.{name}"),
            _ => name,
        };
        let sym = self.sym(&text);
        // What decorates a parameter runs before the method, as the method's own decorators do.
        let is_method = method.kind == MethodDefinitionKind::Method;
        let parameters = function.params.items.iter().filter(|_| is_method);
        let of_parameters = parameters.flat_map(|parameter| parameter.decorators.iter());
        let decorators = self.decorators(method.decorators.iter().chain(of_parameters));
        let properties: Vec<&str> = if method.kind == MethodDefinitionKind::Constructor {
            function.params.items.iter().filter_map(property_parameter).collect()
        } else {
            Vec::new()
        };
        let outside = self.func.take();
        let id = self.function(sym, span, signature, body, |this| {
            for name in properties {
                this.own_field(name, at);
            }
        });
        self.func = outside;
        self.generic(id, function.type_parameters.as_deref());
        self.finish_method(id, owner, method.r#static, decorators);
        self.b.func_mut(id).getter = method.kind == MethodDefinitionKind::Get;
        if is_abstract {
            declared.push(id);
        }
    }

    fn finish_method(&mut self, id: FuncId, owner: Sym, is_static: bool, decorators: Exprs) {
        let receiver = (!is_static).then(|| {
            let mark = self.b.begin_params();
            let this = self.sym("this");
            self.b.stage_param(Param { name: this, ty: ExprId::NONE, variadic: false });
            self.b.end_params(mark).start
        });
        let func = self.b.func_mut(id);
        if !is_static {
            func.owner = owner;
        }
        func.receiver = receiver;
        func.decorators = decorators;
    }

    /// `handle = async (message) => { … }` is a method for all that matters; a static property is a
    /// global.
    fn property_method(&mut self, property: &PropertyDefinition<'_>, class: &str, owner: Sym) {
        let Some(name) = property_name(property) else { return };
        let pos = property.key.span().start;
        if let Some(value) = arrow(property) {
            let sym = self.sym(&if property.r#static { format!("{class}.{name}") } else { name });
            let decorators = self.decorators(property.decorators.iter());
            let outside = self.func.take();
            let id = self.function_of(sym, Span::new(pos, property.span.end), value);
            self.func = outside;
            self.finish_method(id, owner, property.r#static, decorators);
            return;
        }
        if property.r#static
            && let Some(value) = &property.value
        {
            let value =
                if self.reads_bodies() || value.is_literal() { self.expression(value) } else { ExprId::NONE };
            let ty = self.annotation(property.type_annotation.as_deref());
            let name = self.sym(&format!("{class}.{name}"));
            self.b.facts.globals.push(Global { name, ty, value, constant: true, pos });
        }
    }

    /// `this.name = name`.
    fn own_field(&mut self, name: &str, pos: u32) {
        let value = self.name(name, pos);
        self.set_field(name, value, pos);
    }

    fn set_field(&mut self, name: &str, value: ExprId, pos: u32) {
        let base = self.name("this", pos);
        let name = self.sym(name);
        let target = self.b.expr(Expr::Field { base, name }, pos);
        let targets = self.b.single(target);
        self.assign(targets, value, AssignOp::Set, pos);
    }

    /// The method that gives fields their first values; decorators of a field stand for what a
    /// container puts there.
    fn initialiser(&mut self, class: &Class<'_>, owner: Sym, pos: u32) {
        let wanted = |property: &PropertyDefinition<'_>| {
            !property.r#static
                && arrow(property).is_none()
                && (property.value.is_some() || injection(&property.decorators).is_some())
        };
        let properties: Vec<&PropertyDefinition<'_>> = class
            .body
            .body
            .iter()
            .filter_map(|element| match element {
                ClassElement::PropertyDefinition(property) if wanted(property) => Some(&**property),
                _ => None,
            })
            .collect();
        if properties.is_empty() {
            return;
        }
        let name = self.sym(INITIALISER);
        let id = self.b.func(name, pos);
        let outside = self.func.replace(id);
        let mark = self.b.begin_stmts();
        for property in properties {
            let Some(name) = property_name(property) else { continue };
            let at = property.span.start;
            let value = match (&property.value, injection(&property.decorators)) {
                (Some(value), _) => self.expression(value),
                (None, Some(decorator)) => self.given(decorator, property.type_annotation.as_deref(), at),
                (None, None) => continue,
            };
            self.set_field(&name, value, at);
        }
        let body = self.b.end_stmts(mark);
        self.func = outside;
        let func = self.b.func_mut(id);
        func.body = Some(body);
        func.end = class.span.end;
        self.finish_method(id, owner, false, Exprs::default());
    }

    /// What a decorator injects, as the annotated type.
    fn given(
        &mut self,
        decorator: &Decorator<'_>,
        ty: Option<&oxc_ast::ast::TSTypeAnnotation<'_>>,
        pos: u32,
    ) -> ExprId {
        // `@Inject(Orders) orders: Orders` says no more than the type.
        if let (Some(token), Some(written)) = (token(decorator), ty)
            && self.text(written.type_annotation.span()) == token
        {
            return self.annotation(ty);
        }
        let value = self.expression(&decorator.expression);
        let ty = self.annotation(ty);
        if ty.is_none() { value } else { self.b.expr(Expr::Assert { value, ty }, pos) }
    }

    /// The construction that a container does.
    fn injected(&mut self, class: Sym, params: Option<&[FormalParameter<'_>]>, pos: u32) {
        let callee = self.b.leaf(Expr::Name(class), pos);
        let mark = self.b.begin_exprs();
        for param in params.unwrap_or_default() {
            let at = param.span.start;
            let id = match injection(&param.decorators) {
                Some(decorator) => self.given(decorator, param.type_annotation.as_deref(), at),
                None => match self.annotation(param.type_annotation.as_deref()) {
                    ExprId::NONE => self.unknown(at),
                    ty => ty,
                },
            };
            self.b.stage_expr(id);
        }
        let args = self.b.end_exprs(mark);
        let id = self.b.expr(Expr::Call { callee, args, spread: false }, pos);
        self.b.facts.injected.push(id);
    }
}

/// The class that an injecting decorator names, directly or behind a `forwardRef`.
fn token<'d>(decorator: &'d Decorator<'_>) -> Option<&'d str> {
    fn named<'d>(expression: &'d Expression<'_>) -> Option<&'d str> {
        match expression {
            Expression::Identifier(id) => Some(id.name.as_str()),
            Expression::CallExpression(call) => named(call.arguments.first()?.as_expression()?),
            Expression::ArrowFunctionExpression(arrow) => named(arrow.get_expression()?),
            _ => None,
        }
    }
    match &decorator.expression {
        Expression::CallExpression(call) => named(call.arguments.first()?.as_expression()?),
        _ => None,
    }
}

/// The name of a parameter that declares a field.
fn property_parameter<'p>(param: &'p FormalParameter<'_>) -> Option<&'p str> {
    let declares = param.accessibility.is_some() || param.readonly || param.r#override;
    let name = param.pattern.get_binding_identifier()?;
    declares.then_some(name.name.as_str())
}

fn property_name(property: &PropertyDefinition<'_>) -> Option<String> {
    let named = property.key.static_name().map(std::borrow::Cow::into_owned);
    named.or_else(|| property.key.private_name().map(|name| format!("#{name}")))
}

/// The function that a property holds.
fn arrow<'p, 'a>(property: &'p PropertyDefinition<'a>) -> Option<&'p Expression<'a>> {
    let value = property.value.as_ref()?;
    matches!(value, Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_))
        .then_some(value)
}

/// The decorator that says what is injected: one that is given something.
fn injection<'d, 'a>(decorators: &'d [Decorator<'a>]) -> Option<&'d Decorator<'a>> {
    decorators.iter().find(|decorator| match &decorator.expression {
        Expression::CallExpression(call) => call
            .callee_name()
            .is_some_and(|name| name.starts_with("Inject") || name == "Client" || name == "inject"),
        _ => false,
    })
}

fn decorator_names<'d>(decorators: &'d [Decorator<'_>]) -> Vec<&'d str> {
    let name = |decorator: &'d Decorator<'_>| match &decorator.expression {
        Expression::CallExpression(call) => call.callee_name(),
        Expression::Identifier(id) => Some(id.name.as_str()),
        _ => None,
    };
    decorators.iter().filter_map(name).collect()
}
