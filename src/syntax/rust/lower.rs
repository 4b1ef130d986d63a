//! The state of lowering one file, and what names and paths refer to.

use proc_macro2::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use syn::spanned::Spanned;

use crate::syntax::Bodies;
use crate::syntax::build::Builder;
use crate::syntax::facts::{AssignOp, Expr, ExprId, FuncId, HIDDEN, Import, Lang, Stmt, Stmts, Sym};

/// How deep the tree is followed.
const MAX_DEPTH: u32 = 400;

/// What a function gives back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    /// No error.
    Plain,
    /// `Result<(), E>`.
    ErrorOnly,
    /// `Result<T, E>`.
    Both,
}

/// A file being lowered.
pub(super) struct Lower<'s> {
    pub(super) b: Builder,
    pub(super) source: &'s str,
    pub(super) bodies: Bodies,
    /// The function that is being written.
    pub(super) func: Option<FuncId>,
    pub(super) gives: Gives,
    /// The type whose `impl` this is.
    pub(super) this: Option<String>,
    /// Names of the functions and blocks around, innermost last.
    pub(super) locals: Vec<Sym>,
    /// What a `use` brings in: the whole path behind a name.
    pub(super) bound: FxHashMap<String, Vec<String>>,
    /// Types, functions and constants of the file.
    pub(super) declared: FxHashSet<String>,
    /// Modules that are files of their own.
    pub(super) modules: FxHashSet<String>,
    /// Modules that the file brings in whole.
    pub(super) globs: Vec<Vec<String>>,
    /// Where the value ends that is being bound: its name holds from there on.
    pub(super) after: u32,
    /// Modules written in the file.
    pub(super) inline: FxHashSet<String>,
    /// What methods of an enum that only match on it give for each of its variants.
    pub(super) tables: FxHashMap<(String, String), Vec<(String, String)>>,
    /// Locals that hold an `async` block: to wait for one runs it.
    pub(super) futures: FxHashSet<Sym>,
    pub(super) depth: u32,
    qualifiers: FxHashSet<Sym>,
}

/// What every file has without bringing it in.
const PRELUDE: &[&str] = &[
    "Self",
    "Option",
    "Some",
    "None",
    "Result",
    "Vec",
    "String",
    "Iterator",
    "IntoIterator",
    "From",
    "Into",
    "TryFrom",
    "TryInto",
    "Default",
    "Clone",
    "Copy",
    "Drop",
    "FnMut",
    "FnOnce",
    "Send",
    "Sync",
    "Sized",
    "ToString",
    "ToOwned",
    "AsRef",
    "AsMut",
    "PartialEq",
    "PartialOrd",
    "Extend",
    "FromIterator",
    "DoubleEndedIterator",
    "ExactSizeIterator",
    "Debug",
    "Hash",
];

impl<'s> Lower<'s> {
    pub(super) fn new(source: &'s str, bodies: Bodies) -> Self {
        Lower {
            b: Builder::new(Lang::Rust, source.len()),
            source,
            bodies,
            func: None,
            gives: Gives::Plain,
            this: None,
            locals: Vec::new(),
            bound: FxHashMap::default(),
            declared: FxHashSet::default(),
            modules: FxHashSet::default(),
            globs: Vec::new(),
            after: 0,
            inline: FxHashSet::default(),
            tables: FxHashMap::default(),
            futures: FxHashSet::default(),
            depth: 0,
            qualifiers: FxHashSet::default(),
        }
    }

    pub(super) fn sym(&mut self, text: &str) -> Sym {
        self.b.intern(text.as_bytes())
    }

    /// Goes one level deeper, unless that is too deep.
    pub(super) fn enter(&mut self) -> bool {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.depth -= 1;
            return false;
        }
        true
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn reads_bodies(&self) -> bool {
        self.bodies == Bodies::Full
    }

    pub(super) fn unknown(&mut self, pos: u32) -> ExprId {
        self.b.leaf(Expr::Unknown, pos)
    }

    pub(super) fn string(&mut self, text: &str, pos: u32) -> ExprId {
        let sym = self.sym(text);
        self.b.leaf(Expr::Str(sym), pos)
    }

    pub(super) fn local(&mut self, sym: Sym, pos: u32) -> ExprId {
        self.b.leaf(Expr::Name(sym), pos)
    }

    pub(super) fn field(&mut self, base: ExprId, name: &str, pos: u32) -> ExprId {
        let name = self.sym(name);
        self.b.expr(Expr::Field { base, name }, pos)
    }

    /// The text of `[1, 2]`: a list.
    pub(super) fn listed(&mut self, items: &[ExprId], pos: u32) -> ExprId {
        let mark = self.b.begin_exprs();
        for &item in items {
            self.b.stage_expr(ExprId::NONE);
            self.b.stage_expr(item);
        }
        let entries = self.b.end_exprs(mark);
        let ty = self.b.leaf(Expr::SliceType(ExprId::NONE), pos);
        self.b.expr(Expr::Composite { ty, entries }, pos)
    }

    pub(super) fn called(&mut self, callee: ExprId, args: &[ExprId], pos: u32) -> ExprId {
        let mark = self.b.begin_exprs();
        for &arg in args {
            self.b.stage_expr(arg);
        }
        let args = self.b.end_exprs(mark);
        let at = self.b.facts.expr_pos[callee.0 as usize].max(pos);
        self.b.expr(Expr::Call { callee, args, spread: false }, at)
    }

    pub(super) fn emit(&mut self, stmt: Stmt, pos: u32) {
        let id = self.b.stmt(stmt, pos);
        self.b.stage_stmt(id);
    }

    /// `targets := value`, or `targets = value`.
    pub(super) fn assign(&mut self, names: &[Sym], value: ExprId, op: AssignOp, pos: u32) {
        let mark = self.b.begin_exprs();
        for &name in names {
            let target = self.b.leaf(Expr::Name(name), pos);
            self.b.stage_expr(target);
        }
        let targets = self.b.end_exprs(mark);
        let values = self.b.single(value);
        self.emit(Stmt::Assign { targets, values, ty: ExprId::NONE, op }, pos);
    }

    /// `name := value`; from here on the name is a local one.
    pub(super) fn define(&mut self, name: Sym, value: ExprId, pos: u32) {
        self.locals.push(name);
        self.assign(&[name], value, AssignOp::Define, pos);
    }

    pub(super) fn choose(&mut self, cond: ExprId, then: Stmts, otherwise: Stmts, pos: u32) {
        self.emit(Stmt::If { init: None, cond, then, otherwise }, pos);
    }

    /// The qualifier of an import of `member` from `path`, declared at its first use.
    fn qualifier(&mut self, path: &str, member: &str, pos: u32) -> Sym {
        let alias = self.sym(&format!("{HIDDEN}{path}{HIDDEN}{member}"));
        if self.qualifiers.insert(alias) {
            let path = self.sym(path);
            let member = self.sym(member);
            self.b.facts.imports.push(Import { path, alias, member, pos });
        }
        alias
    }

    /// What a path stands for.
    pub(super) fn path(&mut self, path: &syn::Path) -> ExprId {
        let pos = start(path.span());
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let whole = self.words(&words, pos);
        // `parse::<Order>`, `Vec::<u8>`.
        match path.segments.last().map(|segment| &segment.arguments) {
            Some(syn::PathArguments::AngleBracketed(args)) => self.instantiated(whole, args, pos),
            _ => whole,
        }
    }

    pub(super) fn words(&mut self, words: &[String], pos: u32) -> ExprId {
        let Some(first) = words.first() else { return self.unknown(pos) };
        if first == "Self"
            && let Some(this) = self.this.clone()
        {
            let base = self.words(&[this], pos);
            return self.members(base, &words[1..], pos);
        }
        let sym = self.sym(first);
        if words.len() == 1 && (self.locals.contains(&sym) || first == "self") {
            return self.b.leaf(Expr::Name(sym), pos);
        }
        if self.inline.contains(first) && words.len() > 1 {
            return self.words(&words[1..], pos);
        }
        // A function may share its name with the module it stands beside.
        let module = words.len() > 1 && self.modules.contains(first) && first.starts_with(char::is_lowercase);
        if self.declared.contains(first) && !module {
            let base = self.b.leaf(Expr::Name(sym), pos);
            return self.members(base, &words[1..], pos);
        }
        if let Some(bound) = self.bound.get(first) {
            // `use bus::Bus` beside `mod bus;` is about the module, whatever crates are called.
            let own = bound.first().is_some_and(|first| self.modules.contains(first));
            let root = own.then(|| "self".to_owned());
            let whole: Vec<String> =
                root.into_iter().chain(bound.iter().chain(&words[1..]).cloned()).collect();
            return self.imported(&whole, pos);
        }
        // `use apalis::prelude::*` brings types in without naming them.
        // Short names are those of parameters (`T`, `Fut`).
        if first.starts_with(char::is_uppercase)
            && first.len() > 3
            && !PRELUDE.contains(&first.as_str())
            && let [glob] = self.globs.as_slice()
        {
            let whole: Vec<String> = glob.iter().chain(words).cloned().collect();
            return self.imported(&whole, pos);
        }
        if words.len() == 1 {
            return self.b.leaf(Expr::Name(sym), pos);
        }
        if self.modules.contains(first) {
            let whole: Vec<String> =
                std::iter::once("self").map(str::to_owned).chain(words.iter().cloned()).collect();
            return self.imported(&whole, pos);
        }
        self.imported(words, pos)
    }

    fn members(&mut self, base: ExprId, names: &[String], pos: u32) -> ExprId {
        names.iter().fold(base, |base, name| self.field(base, name, pos))
    }

    /// A path from the root of a crate: the first name that begins with a capital, else the last,
    /// is what the module before it gives.
    fn imported(&mut self, words: &[String], pos: u32) -> ExprId {
        let capital = |word: &String| word.starts_with(char::is_uppercase);
        let at = words.iter().position(capital).unwrap_or(words.len().saturating_sub(1));
        let module = words[..at].join("/");
        if module.is_empty() {
            let sym = self.sym(&words[at]);
            let base = self.b.leaf(Expr::Name(sym), pos);
            return self.members(base, &words[at + 1..], pos);
        }
        let qualifier = self.qualifier(&module, &words[at], pos);
        let base = self.b.leaf(Expr::Name(qualifier), pos);
        self.members(base, &words[at..], pos)
    }
}

/// Where a span begins.
pub(super) fn start(span: Span) -> u32 {
    span.byte_range().start as u32
}

/// Where a span ends.
pub(super) fn end(span: Span) -> u32 {
    span.byte_range().end as u32
}

/// Whether code is there for tests alone.
pub(super) fn tests_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        if path.is_ident("cfg") {
            let text = match &attribute.meta {
                syn::Meta::List(list) => list.tokens.to_string(),
                _ => String::new(),
            };
            return text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "test")
                && !text.starts_with("not");
        }
        path.segments.last().is_some_and(|last| last.ident == "test")
    })
}
