//! What a file declares, imports and exports.

use oxc_ast::ast::{
    BindingPattern, Declaration, ExportDefaultDeclarationKind, Expression, ImportDeclaration,
    ImportDeclarationSpecifier, ModuleExportName, Statement, TSEnumDeclaration, TSEnumMemberName,
    TSModuleReference, TSNamespaceDeclarationBody, VariableDeclaration,
};
use oxc_span::GetSpan;

use super::lower::{Bound, Lower};
use crate::syntax::Bodies;
use crate::syntax::facts::{Export, Expr, ExprId, Global, Stmt, Sym};

/// The name of the function that statements outside of functions make.
const MODULE: &str = "(module)";

impl Lower<'_> {
    /// Learns which names the file declares and imports, before any of them is used.
    pub(super) fn survey(&mut self, body: &[Statement<'_>]) {
        for statement in body {
            match statement {
                Statement::ImportDeclaration(import) => self.import(import),
                Statement::TSImportEqualsDeclaration(import) => {
                    if let TSModuleReference::ExternalModuleReference(module) = &import.module_reference {
                        let path = module.expression.value.as_str();
                        self.whole(import.id.name.as_str(), path, import.span.start);
                    }
                }
                Statement::ExportDeclaration(export) => self.survey_declaration(&export.declaration),
                Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                        self.declare(function.id.as_ref().map(|id| id.name.as_str()));
                    }
                    ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                        self.declare(class.id.as_ref().map(|id| id.name.as_str()));
                    }
                    _ => {}
                },
                other => {
                    if let Some(declaration) = other.as_declaration() {
                        self.survey_declaration(declaration);
                    }
                }
            }
        }
    }

    fn declare(&mut self, name: Option<&str>) {
        if let Some(name) = name {
            let sym = self.sym(name);
            self.declared.insert(sym);
        }
    }

    fn survey_declaration(&mut self, declaration: &Declaration<'_>) {
        match declaration {
            Declaration::VariableDeclaration(variables) => {
                for one in &variables.declarations {
                    if let Some(path) = one.init.as_ref().and_then(required) {
                        self.require(&one.id, path, one.span.start);
                    } else {
                        for name in one.id.get_binding_identifiers() {
                            self.declare(Some(name.name.as_str()));
                        }
                    }
                }
            }
            Declaration::FunctionDeclaration(function) => {
                self.declare(function.id.as_ref().map(|id| id.name.as_str()));
            }
            Declaration::ClassDeclaration(class) => {
                self.declare(class.id.as_ref().map(|id| id.name.as_str()));
            }
            Declaration::TSEnumDeclaration(found) => self.declare(Some(found.id.name.as_str())),
            _ => {}
        }
    }

    fn import(&mut self, import: &ImportDeclaration<'_>) {
        let path = import.source.value.as_str();
        let pos = import.span.start;
        let Some(specifiers) = &import.specifiers else {
            // For its effects: the file is still loaded.
            self.qualifier(path, "", pos);
            return;
        };
        for specifier in specifiers {
            match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(one) => {
                    let imported = one.imported.name();
                    self.named(one.local.name.as_str(), path, imported.as_str(), pos);
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => {
                    let local = one.local.name.as_str();
                    if is_file(path) {
                        self.named(local, path, "default", pos);
                    } else {
                        self.whole(local, path, pos);
                    }
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => {
                    self.whole(one.local.name.as_str(), path, pos);
                }
            }
        }
    }

    fn named(&mut self, local: &str, path: &str, member: &str, pos: u32) {
        let bound = Bound::Member(self.qualifier(path, member, pos), self.sym(member));
        let local = self.sym(local);
        self.bound.insert(local, bound);
    }

    fn whole(&mut self, local: &str, path: &str, pos: u32) {
        let alias = self.sym(local);
        self.import_whole(path, alias, pos);
        let member = if is_file(path) { "default" } else { local };
        let bound = Bound::Whole(alias, self.qualifier(path, member, pos), self.sym(member));
        self.bound.insert(alias, bound);
    }

    /// `const x = require(path)`, `const { a, b: c } = require(path)`.
    fn require(&mut self, pattern: &BindingPattern<'_>, path: &str, pos: u32) {
        match pattern {
            BindingPattern::BindingIdentifier(name) => self.whole(name.name.as_str(), path, pos),
            BindingPattern::ObjectPattern(object) => {
                for property in &object.properties {
                    if let (Some(member), BindingPattern::BindingIdentifier(local)) =
                        (property.key.static_name(), &property.value)
                    {
                        self.named(local.name.as_str(), path, &member, pos);
                    }
                }
            }
            _ => {}
        }
    }

    /// Lowers a file's statements: declarations one by one, the rest as one function.
    pub(super) fn module(&mut self, body: &[Statement<'_>]) {
        for statement in body {
            self.declaration_at_top(statement);
        }
        if self.bodies == Bodies::Skip {
            return;
        }
        let loose: Vec<&Statement<'_>> = body.iter().filter(|statement| is_loose(statement)).collect();
        let Some(first) = loose.first() else { return };
        let name = self.sym(MODULE);
        let id = self.b.func(name, first.span().start);
        let before = self.func.replace(id);
        let mark = self.b.begin_stmts();
        for statement in loose {
            if !self.common_export(statement) {
                self.statement(statement);
            }
        }
        let stmts = self.b.end_stmts(mark);
        self.func = before;
        let end = body.last().map_or(0, |last| last.span().end);
        let func = self.b.func_mut(id);
        func.body = Some(stmts);
        func.end = end;
    }

    fn declaration_at_top(&mut self, statement: &Statement<'_>) {
        match statement {
            Statement::ExportDeclaration(export) => self.declaration(&export.declaration),
            Statement::ExportNamedDeclaration(export) => {
                for one in &export.specifiers {
                    let (local, name) = (one.local.name(), one.exported.name());
                    self.export_local(name.as_str(), local.as_str());
                }
            }
            Statement::ExportFromDeclaration(export) => {
                let path = export.source.value.as_str();
                for one in &export.specifiers {
                    let (member, name) = (one.local.name(), one.exported.name());
                    self.export(name.as_str(), path, member.as_str());
                }
            }
            Statement::ExportAllDeclaration(export) => {
                let path = export.source.value.as_str();
                let name = export.exported.as_ref().map(ModuleExportName::name);
                self.export(name.as_ref().map_or("", |name| name.as_str()), path, "");
            }
            Statement::ExportDefaultDeclaration(export) => self.default_export(&export.declaration),
            Statement::TSExportAssignment(export) => self.export_value("default", &export.expression),
            other => {
                if let Some(declaration) = other.as_declaration() {
                    self.declaration(declaration);
                }
            }
        }
    }

    fn export(&mut self, name: &str, path: &str, member: &str) {
        let export = Export { name: self.sym(name), path: self.sym(path), member: self.sym(member) };
        self.b.facts.exports.push(export);
    }

    /// `export { local as name }`, where `local` may be what an import binds.
    fn export_local(&mut self, name: &str, local: &str) {
        let sym = self.sym(local);
        match self.bound.get(&sym).copied() {
            Some(Bound::Member(qualifier, member)) => {
                let found = self.b.facts.imports.iter().find(|import| import.alias == qualifier);
                let Some(path) = found.map(|import| import.path) else { return };
                let name = self.sym(name);
                self.b.facts.exports.push(Export { name, path, member });
            }
            Some(Bound::Whole(..)) => {}
            None => self.export(name, "", local),
        }
    }

    fn default_export(&mut self, declaration: &ExportDefaultDeclarationKind<'_>) {
        match declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                match &function.id {
                    Some(id) => self.export("default", "", id.name.as_str()),
                    None => self.declare(Some("default")),
                }
                let name = function.id.as_ref().map_or("default", |id| id.name.as_str());
                self.function_declaration(function, name);
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                if let Some(id) = &class.id {
                    self.export("default", "", id.name.as_str());
                }
                self.class(class, "default");
            }
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(interface) => self.interface(interface),
            other => {
                if let Some(value) = other.as_expression() {
                    self.export_value("default", value);
                }
            }
        }
    }

    /// `export default value`, `module.exports = value`, `exports.name = value`.
    fn export_value(&mut self, name: &str, value: &Expression<'_>) {
        match value.get_inner_expression() {
            Expression::Identifier(id) => self.export_local(name, id.name.as_str()),
            Expression::FunctionExpression(function) => {
                self.function_declaration(function, name);
            }
            inner => {
                if name == "default"
                    && let Expression::ObjectExpression(object) = inner
                {
                    for property in object.properties.iter().filter_map(|p| p.as_property()) {
                        if let (Some(key), Expression::Identifier(id)) =
                            (property.key.static_name(), &property.value)
                        {
                            self.export_local(&key, id.name.as_str());
                        }
                    }
                }
                let pos = value.span().start;
                let value = self.expression(value);
                let name = self.sym(name);
                let global = Global { name, ty: ExprId::NONE, value, constant: true, pos };
                self.b.facts.globals.push(global);
            }
        }
    }

    /// `module.exports = …` and `exports.name = …` declare what they give.
    fn common_export(&mut self, statement: &Statement<'_>) -> bool {
        let Statement::ExpressionStatement(statement) = statement else { return false };
        let Expression::AssignmentExpression(assignment) = &statement.expression else { return false };
        let target = self.text(assignment.left.span());
        let name = match target {
            "module.exports" | "exports" | "exports.default" => "default",
            _ => match target.strip_prefix("module.exports.").or_else(|| target.strip_prefix("exports.")) {
                Some(name) if !name.contains(['.', '[', '(']) => name,
                _ => return false,
            },
        };
        self.export_value(name, &assignment.right);
        true
    }

    fn declaration(&mut self, declaration: &Declaration<'_>) {
        match declaration {
            Declaration::VariableDeclaration(variables) => self.globals(variables),
            Declaration::FunctionDeclaration(function) => {
                if let Some(id) = &function.id {
                    self.function_declaration(function, id.name.as_str());
                }
            }
            Declaration::ClassDeclaration(class) => {
                self.class(class, "default");
            }
            Declaration::TSTypeAliasDeclaration(alias) => self.alias(alias),
            Declaration::TSInterfaceDeclaration(interface) => self.interface(interface),
            Declaration::TSEnumDeclaration(found) => self.enumeration(found),
            Declaration::TSNamespaceDeclaration(namespace) => {
                let mut body = &namespace.body;
                while let TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) = body {
                    body = &inner.body;
                }
                if let TSNamespaceDeclarationBody::TSModuleBlock(block) = body {
                    for statement in &block.body {
                        self.declaration_at_top(statement);
                    }
                }
            }
            Declaration::TSExternalModuleDeclaration(_)
            | Declaration::TSGlobalDeclaration(_)
            | Declaration::TSImportEqualsDeclaration(_) => {}
        }
    }

    fn globals(&mut self, variables: &VariableDeclaration<'_>) {
        let constant = variables.kind.is_const();
        for one in &variables.declarations {
            if one.init.as_ref().and_then(required).is_some() {
                continue;
            }
            if let (BindingPattern::BindingIdentifier(id), Some(init)) = (&one.id, &one.init)
                && matches!(init, Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_))
            {
                let name = self.sym(id.name.as_str());
                self.function_of(name, oxc_span::Span::new(id.span.start, init.span().end), init);
                continue;
            }
            let ty = self.annotation(one.type_annotation.as_deref());
            let value = match &one.init {
                Some(init) if self.bodies == Bodies::Full || init.is_literal() => self.expression(init),
                _ => ExprId::NONE,
            };
            if let BindingPattern::BindingIdentifier(id) = &one.id {
                let name = self.sym(id.name.as_str());
                if value.is_none() {
                    self.open_globals.insert(name, self.b.facts.globals.len());
                }
                let global = Global { name, ty, value, constant, pos: id.span.start };
                self.b.facts.globals.push(global);
                continue;
            }
            let held = self.b.temporary("value");
            let pos = one.span.start;
            self.b.facts.globals.push(Global { name: held, ty, value, constant, pos });
            let environment = one.init.as_ref().is_some_and(super::expr::is_environment);
            for (name, value, pos) in self.parts(&one.id, held, environment) {
                self.b.facts.globals.push(Global { name, ty: ExprId::NONE, value, constant, pos });
            }
        }
    }

    fn enumeration(&mut self, found: &TSEnumDeclaration<'_>) {
        let pos = found.id.span.start;
        let mark = self.b.begin_exprs();
        let mut next = 0_i64;
        for member in &found.body.members {
            let at = member.span.start;
            let name = match &member.id {
                TSEnumMemberName::Identifier(id) => id.name.as_str(),
                TSEnumMemberName::String(text) | TSEnumMemberName::ComputedString(text) => {
                    text.value.as_str()
                }
                TSEnumMemberName::ComputedTemplateString(_) => continue,
            };
            let name = self.sym(name);
            let key = self.b.leaf(Expr::Str(name), at);
            let value = if let Some(value) = &member.initializer {
                if let Expression::NumericLiteral(number) = value {
                    next = number.value as i64 + 1;
                }
                self.expression(value)
            } else {
                let number = self.sym(&next.to_string());
                next += 1;
                self.b.leaf(Expr::Number(number), at)
            };
            self.b.stage_expr(key);
            self.b.stage_expr(value);
        }
        let entries = self.b.end_exprs(mark);
        let value = self.b.expr(Expr::Composite { ty: ExprId::NONE, entries }, pos);
        let name = self.sym(found.id.name.as_str());
        self.b.facts.globals.push(Global { name, ty: ExprId::NONE, value, constant: true, pos });
    }

    /// Remembers what the first assignment gives a global that has no value.
    pub(super) fn fill_global(&mut self, name: Sym, value: ExprId) {
        if self.is_local(name) {
            return;
        }
        if let Some(index) = self.open_globals.remove(&name) {
            self.b.facts.globals[index].value = value;
        }
    }

    /// A name that a statement of the block defines.
    pub(super) fn define(&mut self, name: Sym, value: ExprId, ty: ExprId, pos: u32) {
        self.locals.push(name);
        let target = self.b.leaf(Expr::Name(name), pos);
        let targets = self.b.single(target);
        let values =
            if value.is_none() { crate::syntax::facts::Exprs::default() } else { self.b.single(value) };
        let op = crate::syntax::facts::AssignOp::Define;
        let stmt = self.b.stmt(Stmt::Assign { targets, values, ty, op }, pos);
        self.b.stage_stmt(stmt);
    }
}

/// Whether a statement outside of functions declares nothing.
fn is_loose(statement: &Statement<'_>) -> bool {
    !statement.is_declaration() && !statement.is_module_declaration()
}

/// The path of `require("path")`.
fn required<'a>(expression: &'a Expression<'_>) -> Option<&'a str> {
    match expression.get_inner_expression() {
        Expression::CallExpression(call) => call.common_js_require().map(|path| path.value.as_str()),
        _ => None,
    }
}

/// Whether a path names a file, not a package: relative, or by the prefixes that aliases
/// conventionally have.
fn is_file(path: &str) -> bool {
    path.starts_with('.') || path.starts_with('/') || path.starts_with("@/") || path.starts_with("~/")
}
