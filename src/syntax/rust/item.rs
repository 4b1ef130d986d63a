//! What a file declares and brings in.

use syn::spanned::Spanned;
use syn::{FnArg, ImplItem, Item, Pat, TraitItem, UseTree};

use super::body::Tail;
use super::expr::literal_text;
use super::lower::{Gives, Lower, end, start, tests_only};
use crate::syntax::facts::{Export, Expr, ExprId, Exprs, Field, FuncId, Global, Param, Sym, TypeKind};

impl Lower<'_> {
    pub(super) fn file(&mut self, file: &syn::File) {
        if tests_only(&file.attrs) {
            return;
        }
        self.survey(&file.items);
        self.items(&file.items);
    }

    /// Learns which names the file declares and brings in, before any of them is used.
    fn survey(&mut self, items: &[Item]) {
        for item in items.iter().filter(|item| !is_test(item)) {
            match item {
                Item::Use(item) => {
                    let mut before = Vec::new();
                    let public =
                        matches!(item.vis, syn::Visibility::Public(_) | syn::Visibility::Restricted(_));
                    self.use_tree(&item.tree, &mut before, public);
                }
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    match &module.content {
                        Some((_, items)) => {
                            self.inline.insert(name);
                            self.survey(items);
                        }
                        None => {
                            self.modules.insert(name);
                        }
                    }
                }
                Item::Impl(item) => self.tables(item),
                other => {
                    if let Some(name) = name_of(other) {
                        self.declared.insert(name);
                    }
                }
            }
        }
    }

    fn use_tree(&mut self, tree: &UseTree, before: &mut Vec<String>, public: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.use_tree(&path.tree, before, public);
                before.pop();
            }
            UseTree::Name(name) => {
                self.used(&name.ident.to_string(), &name.ident.to_string(), before, public);
            }
            UseTree::Rename(name) => {
                self.used(&name.rename.to_string(), &name.ident.to_string(), before, public);
            }
            UseTree::Glob(_) => {
                // A file's own modules are looked through when the whole program is known.
                let own = before.first().is_some_and(|first| {
                    matches!(first.as_str(), "crate" | "self" | "super" | "std" | "core" | "alloc")
                });
                if !own {
                    self.globs.push(before.clone());
                }
                let path = self.module_path(before);
                self.export("", &path, "");
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(tree, before, public);
                }
            }
        }
    }

    fn used(&mut self, local: &str, name: &str, before: &[String], public: bool) {
        let mut path = before.to_vec();
        if name != "self" {
            path.push(name.to_owned());
        }
        let local = if local == "self" { path.last().cloned().unwrap_or_default() } else { local.to_owned() };
        if public && path.len() > 1 {
            let (module, member) = path.split_at(path.len() - 1);
            let module = self.module_path(module);
            self.export(&local, &module, &member[0].clone());
        }
        // `use super::Order as Order` and the like hide nothing of the file's own.
        self.bound.entry(local).or_insert(path);
    }

    fn module_path(&self, path: &[String]) -> String {
        match path.first() {
            Some(first) if self.modules.contains(first) => format!("self/{}", path.join("/")),
            _ => path.join("/"),
        }
    }

    fn export(&mut self, name: &str, path: &str, member: &str) {
        let export = Export { name: self.sym(name), path: self.sym(path), member: self.sym(member) };
        self.b.facts.exports.push(export);
    }

    /// What methods that only match on `self` give for each variant.
    fn tables(&mut self, item: &syn::ItemImpl) {
        let Some(owner) = type_name(&item.self_ty) else { return };
        for item in &item.items {
            let ImplItem::Fn(function) = item else { continue };
            let [syn::Stmt::Expr(syn::Expr::Match(found), None)] = function.block.stmts.as_slice() else {
                continue;
            };
            if !is_self(&found.expr) {
                continue;
            }
            for arm in &found.arms {
                let (Some(variants), Some(text)) = (variants(&arm.pat), literal_text(&arm.body)) else {
                    continue;
                };
                for variant in variants {
                    let given = (function.sig.ident.to_string(), text.clone());
                    self.tables.entry((owner.clone(), variant)).or_default().push(given);
                }
            }
        }
    }

    fn items(&mut self, items: &[Item]) {
        for item in items.iter().filter(|item| !is_test(item)) {
            self.item(item);
        }
    }

    pub(super) fn item(&mut self, item: &Item) {
        match item {
            Item::Fn(function) => {
                self.function(&function.sig, Some(&function.block), &function.attrs, None);
            }
            Item::Struct(item) => self.structure(&item.ident, &item.generics, &item.fields, &item.attrs),
            Item::Enum(item) => self.enumeration(item),
            Item::Trait(item) => self.interface(item),
            Item::Impl(item) => self.implementation(item),
            Item::Const(item) => self.global(&item.ident, &item.ty, &item.expr),
            Item::Static(item) => self.global(&item.ident, &item.ty, &item.expr),
            Item::Type(item) => {
                let (name, pos) = (self.sym(&item.ident.to_string()), start(item.ident.span()));
                let id = self.b.type_decl(name, self.func, pos);
                let underlying = self.ty(&item.ty);
                let decl = self.b.type_mut(id);
                decl.kind = TypeKind::Alias;
                decl.underlying = underlying;
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    self.items(items);
                }
            }
            // What a macro makes of them is not known; that it names them is.
            Item::Macro(item) if item.ident.is_none() => self.named_by_macro(&item.mac),
            _ => {}
        }
    }

    /// The functions that a macro among the items names (`main! { http::run, worker::run }`) are used.
    fn named_by_macro(&mut self, mac: &syn::Macro) {
        let pos = start(mac.path.span());
        let mut paths = Vec::new();
        super::macros::paths(&mac.tokens, &mut paths);
        let items: Vec<ExprId> = paths.iter().map(|words| self.words(words, pos)).collect();
        if items.is_empty() {
            return;
        }
        let (name, value) = (self.sym("_"), self.listed(&items, pos));
        self.b.facts.globals.push(Global { name, ty: ExprId::NONE, value, constant: true, pos });
    }

    fn global(&mut self, name: &syn::Ident, ty: &syn::Type, value: &syn::Expr) {
        let pos = start(name.span());
        let ty = self.ty(ty);
        let value = if self.reads_bodies() || literal_text(value).is_some() {
            self.outside(value)
        } else {
            ExprId::NONE
        };
        let name = self.sym(&name.to_string());
        self.b.facts.globals.push(Global { name, ty, value, constant: true, pos });
    }

    /// An expression that stands in no function: statements it would need are dropped.
    fn outside(&mut self, value: &syn::Expr) -> ExprId {
        let mark = self.b.begin_stmts();
        let id = self.expression(value);
        self.b.end_stmts(mark);
        id
    }

    fn structure(
        &mut self,
        name: &syn::Ident,
        generics: &syn::Generics,
        fields: &syn::Fields,
        attributes: &[syn::Attribute],
    ) {
        let (name, pos) = (self.sym(&name.to_string()), start(name.span()));
        let id = self.b.type_decl(name, self.func, pos);
        let params = self.generics(generics);
        let decorators = self.attributes(attributes);
        let mark = self.b.begin_fields();
        for (i, field) in fields.iter().enumerate() {
            let at = start(field.span());
            let name = field.ident.as_ref().map_or_else(|| i.to_string(), ToString::to_string);
            let name = self.sym(&name);
            let ty = self.ty(&field.ty);
            let said: Vec<String> = field
                .attrs
                .iter()
                .filter(|attribute| !attribute.path().is_ident("doc"))
                .map(|attribute| self.source_of(attribute.span()).to_owned())
                .collect();
            let tag = self.sym(&said.join(" "));
            self.b.stage_field(Field { name, ty, tag, embedded: false, pos: at });
        }
        let fields = self.b.end_fields(mark);
        let decl = self.b.type_mut(id);
        decl.kind = TypeKind::Struct;
        decl.type_params = params;
        decl.fields = fields;
        decl.decorators = decorators;
    }

    /// An enum: a type, and a value of it for each variant, which knows what methods that match on
    /// it give.
    fn enumeration(&mut self, item: &syn::ItemEnum) {
        let owner = item.ident.to_string();
        self.structure(&item.ident, &item.generics, &syn::Fields::Unit, &item.attrs);
        for variant in &item.variants {
            let pos = start(variant.ident.span());
            let name = variant.ident.to_string();
            let ty = self.sym(&owner);
            let ty = self.b.leaf(Expr::Name(ty), pos);
            let table = self.tables.get(&(owner.clone(), name.clone())).cloned().unwrap_or_default();
            let renamed = variant.attrs.iter().find_map(renaming).map(|text| ("to_string".to_owned(), text));
            let mark = self.b.begin_exprs();
            for (method, text) in table.into_iter().chain(renamed) {
                let key = self.string(&method, pos);
                let value = self.string(&text, pos);
                self.b.stage_expr(key);
                self.b.stage_expr(value);
            }
            let entries = self.b.end_exprs(mark);
            let value = self.b.expr(Expr::Composite { ty, entries }, pos);
            let name = self.sym(&format!("{owner}.{name}"));
            self.b.facts.globals.push(Global { name, ty: ExprId::NONE, value, constant: true, pos });
        }
    }

    fn interface(&mut self, item: &syn::ItemTrait) {
        let text = item.ident.to_string();
        let (name, pos) = (self.sym(&text), start(item.ident.span()));
        let id = self.b.type_decl(name, self.func, pos);
        let params = self.generics(&item.generics);
        let outer = self.this.replace(text);
        let mark = self.b.begin_exprs();
        for bound in &item.supertraits {
            if let syn::TypeParamBound::Trait(bound) = bound {
                let embedded = self.path(&bound.path);
                self.b.stage_expr(embedded);
            }
        }
        let embeds = self.b.end_exprs(mark);
        let mut methods = Vec::new();
        for item in &item.items {
            if let TraitItem::Fn(function) = item {
                methods.push(self.function(
                    &function.sig,
                    function.default.as_ref(),
                    &function.attrs,
                    Some(name),
                ));
            }
        }
        self.this = outer;
        let decl = self.b.type_mut(id);
        decl.kind = TypeKind::Interface;
        decl.type_params = params;
        decl.embeds = embeds;
        decl.methods = methods;
    }

    fn implementation(&mut self, item: &syn::ItemImpl) {
        let Some(owner) = type_name(&item.self_ty) else { return };
        let name = self.sym(&owner);
        let outer = self.this.replace(owner.clone());
        for item in &item.items {
            match item {
                ImplItem::Fn(function) if !tests_only(&function.attrs) => {
                    self.function(&function.sig, Some(&function.block), &function.attrs, Some(name));
                }
                ImplItem::Const(constant) => {
                    let named = syn::Ident::new("_", constant.ident.span());
                    self.global(&named, &constant.ty, &constant.expr);
                    let text = self.sym(&format!("{owner}.{}", constant.ident));
                    if let Some(global) = self.b.facts.globals.last_mut() {
                        global.name = text;
                    }
                }
                _ => {}
            }
        }
        self.this = outer;
        let declared = self.b.facts.types.iter().position(|ty| ty.name == name);
        let Some(at) = declared.or_else(|| self.extension(&item.self_ty)) else { return };
        if let Some((path, _)) = &item.trait_ {
            let said = self.path(path);
            let before = self.b.facts.types[at].implements;
            let mark = self.b.begin_exprs();
            for known in self.b.facts.list(before).to_vec() {
                self.b.stage_expr(known);
            }
            self.b.stage_expr(said);
            self.b.facts.types[at].implements = self.b.end_exprs(mark);
        }
    }

    /// Stands for a type that is declared further below, or in another file.
    fn extension(&mut self, ty: &syn::Type) -> Option<usize> {
        let path = match ty {
            syn::Type::Path(path) => &path.path,
            syn::Type::Reference(inner) => return self.extension(&inner.elem),
            _ => return None,
        };
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let pos = start(ty.span());
        let named = self.words(&words, pos);
        let id = self.b.type_decl(Sym::EMPTY, self.func, pos);
        let decl = self.b.type_mut(id);
        decl.kind = TypeKind::Extension;
        decl.underlying = named;
        Some(id.0 as usize)
    }

    fn generics(&mut self, generics: &syn::Generics) -> std::ops::Range<u32> {
        let mark = self.b.begin_params();
        for param in generics.type_params() {
            let name = self.sym(&param.ident.to_string());
            self.b.stage_param(Param { name, ty: ExprId::NONE, variadic: false });
        }
        self.b.end_params(mark)
    }

    /// A function; `owner` is the type or trait it belongs to. Without `self` it belongs to the type
    /// itself, under the name `Type.function`.
    pub(super) fn function(
        &mut self,
        sig: &syn::Signature,
        block: Option<&syn::Block>,
        attributes: &[syn::Attribute],
        owner: Option<Sym>,
    ) -> FuncId {
        let receiver = sig.receiver().is_some();
        let pos = start(sig.ident.span());
        let name = match owner {
            Some(owner) if !receiver => format!("{}.{}", self.b.facts.text(owner), sig.ident),
            _ => sig.ident.to_string(),
        };
        let name = self.sym(&name);
        let id = self.b.func(name, pos);
        let parent = self.func.replace(id);
        let locals = self.locals.len();
        let decorators = self.attributes(attributes);
        let type_params = self.generics(&sig.generics);
        let receiver = receiver.then(|| {
            let mark = self.b.begin_params();
            let this = self.sym("self");
            self.b.stage_param(Param { name: this, ty: ExprId::NONE, variadic: false });
            self.b.end_params(mark).start
        });
        let mut patterns = Vec::new();
        let mut params = Vec::new();
        for input in &sig.inputs {
            let FnArg::Typed(input) = input else { continue };
            let ty = self.bounded(&input.ty, &sig.generics);
            params.push(self.parameter(&input.pat, ty, &mut patterns));
        }
        let mark = self.b.begin_params();
        for param in params {
            self.b.stage_param(param);
        }
        let params = self.b.end_params(mark);
        let (results, gives) = self.results(&sig.output);
        let body = block.filter(|_| self.reads_bodies()).map(|block| {
            let outer = std::mem::replace(&mut self.gives, gives);
            let mark = self.b.begin_stmts();
            for (pattern, held) in patterns {
                let value = self.local(held, pos);
                self.bind(pattern, value);
            }
            let returns = matches!(sig.output, syn::ReturnType::Type(..));
            self.statements(&block.stmts, if returns { Tail::Return } else { Tail::Drop });
            self.gives = outer;
            self.b.end_stmts(mark)
        });
        self.locals.truncate(locals);
        self.func = parent;
        let func = self.b.func_mut(id);
        func.owner = if receiver.is_some() { owner.unwrap_or(Sym::EMPTY) } else { Sym::EMPTY };
        func.receiver = receiver;
        func.type_params = type_params;
        func.params = params;
        func.results = results;
        func.decorators = decorators;
        func.body = body;
        func.end = block.map_or_else(|| end(sig.span()), |block| end(block.span()));
        id
    }

    /// The type of a parameter; of one whose type is a parameter itself, what bounds that.
    fn bounded(&mut self, ty: &syn::Type, generics: &syn::Generics) -> ExprId {
        let mut named = ty;
        while let syn::Type::Reference(inner) = named {
            named = &inner.elem;
        }
        if let Some(name) = type_name(named)
            && let Some(param) = generics.type_params().find(|param| param.ident == name)
        {
            let written = generics.where_clause.iter().flat_map(|clause| &clause.predicates).find_map(
                |one| match one {
                    syn::WherePredicate::Type(one)
                        if type_name(&one.bounded_ty).as_deref() == Some(name.as_str()) =>
                    {
                        Some(&one.bounds)
                    }
                    _ => None,
                },
            );
            let bounds = if param.bounds.is_empty() { written } else { Some(&param.bounds) };
            if let Some(bounds) = bounds {
                return self.bound_type(bounds.iter(), start(ty.span()));
            }
        }
        self.ty(ty)
    }

    /// A parameter under a name; a pattern is opened in the body.
    pub(super) fn parameter<'p>(
        &mut self,
        pattern: &'p Pat,
        ty: ExprId,
        patterns: &mut Vec<(&'p Pat, Sym)>,
    ) -> Param {
        let name = match pattern {
            Pat::Ident(id) => self.sym(&id.ident.to_string()),
            Pat::Wild(_) => Sym::EMPTY,
            other => {
                let held = self.b.temporary("given");
                patterns.push((other, held));
                held
            }
        };
        self.locals.push(name);
        Param { name, ty, variadic: false }
    }

    /// Attributes that are calls: `#[job(channel = "mail")]` is given its pairs as one literal.
    fn attributes(&mut self, attributes: &[syn::Attribute]) -> Exprs {
        const PLAIN: &[&str] =
            &["doc", "allow", "expect", "cfg", "cfg_attr", "inline", "must_use", "async_trait"];
        let wanted = attributes.iter().filter(|attribute| {
            !attribute.path().get_ident().is_some_and(|name| PLAIN.iter().any(|plain| name == plain))
        });
        let mut ids = Vec::new();
        for attribute in wanted {
            let pos = start(attribute.span());
            let callee = self.path(attribute.path());
            let args = match &attribute.meta {
                syn::Meta::List(list) => self.arguments_in(&list.tokens),
                _ => Vec::new(),
            };
            ids.push(self.called(callee, &args, pos));
        }
        let mark = self.b.begin_exprs();
        for id in ids {
            self.b.stage_expr(id);
        }
        self.b.end_exprs(mark)
    }

    pub(super) fn source_of(&self, span: proc_macro2::Span) -> &str {
        self.source.get(span.byte_range()).unwrap_or("")
    }

    /// What a function in a closure's place gives is not said.
    pub(super) fn without_gives<T>(&mut self, gives: Gives, write: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.gives, gives);
        let written = write(self);
        self.gives = outer;
        written
    }
}

fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Fn(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => return false,
    };
    tests_only(attributes)
}

pub(super) fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Fn(item) => &item.sig.ident,
        Item::Struct(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Const(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// The name of a type, without what it is given.
fn type_name(ty: &syn::Type) -> Option<String> {
    match ty {
        syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        syn::Type::Reference(inner) => type_name(&inner.elem),
        _ => None,
    }
}

fn is_self(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::Path(path) => path.path.is_ident("self"),
        syn::Expr::Unary(unary) => is_self(&unary.expr),
        syn::Expr::Reference(inner) => is_self(&inner.expr),
        syn::Expr::Paren(inner) => is_self(&inner.expr),
        _ => false,
    }
}

/// The variants a pattern names.
fn variants(pattern: &Pat) -> Option<Vec<String>> {
    let last = |path: &syn::Path| path.segments.last().map(|last| vec![last.ident.to_string()]);
    match pattern {
        Pat::Path(path) => last(&path.path),
        Pat::TupleStruct(found) => last(&found.path),
        Pat::Struct(found) => last(&found.path),
        Pat::Reference(inner) => variants(&inner.pat),
        Pat::Or(or) => or.cases.iter().map(variants).collect::<Option<Vec<_>>>().map(|all| all.concat()),
        _ => None,
    }
}

/// `#[serde(rename = "…")]`, `#[strum(serialize = "…")]`.
fn renaming(attribute: &syn::Attribute) -> Option<String> {
    let path = attribute.path();
    if !(path.is_ident("serde") || path.is_ident("strum")) {
        return None;
    }
    let syn::Meta::List(list) = &attribute.meta else { return None };
    let text = list.tokens.to_string();
    let (key, rest) = text.split_once('"')?;
    let named = ["rename", "serialize", "to_string"]
        .iter()
        .any(|word| key.trim_end().trim_end_matches('=').trim_end().ends_with(word));
    named.then(|| rest.split('"').next().unwrap_or("").to_owned())
}
