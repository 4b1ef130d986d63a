//! The state of lowering one file: which names are local, which an import binds, and the function
//! that is being written.

use oxc_ast::ast::Program;
use oxc_span::Span;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::syntax::Bodies;
use crate::syntax::build::Builder;
use crate::syntax::facts::{Expr, ExprId, FuncId, HIDDEN, Import, Lang, Sym};

/// Nesting that is still read. What is deeper is left out, so that whoever walks the facts may
/// recurse.
const MAX_DEPTH: u32 = 300;

/// What an import binds a local name to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    /// One name of a module: the qualifier and the name there.
    Member(Sym, Sym),
    /// A module as a whole: the qualifier before a dot, and what stands for it elsewhere.
    Whole(Sym, Sym, Sym),
}

/// A file being lowered.
pub(super) struct Lower<'s> {
    pub(super) b: Builder,
    pub(super) source: &'s str,
    pub(super) bodies: Bodies,
    /// The function that is being written.
    pub(super) func: Option<FuncId>,
    /// Names of the functions and blocks around, innermost last.
    pub(super) locals: Vec<Sym>,
    /// Names that imports bind.
    pub(super) bound: FxHashMap<Sym, Bound>,
    /// Names declared outside of functions.
    pub(super) declared: FxHashSet<Sym>,
    /// Globals that have no value yet, by name: the first assignment gives it.
    pub(super) open_globals: FxHashMap<Sym, usize>,
    /// Name of the embedded field of the class around, innermost last.
    pub(super) bases: Vec<Sym>,
    /// The base class as the source names it, with its place; innermost last.
    pub(super) base_exprs: Vec<Option<(String, u32)>>,
    /// Whether `break` leaves a switch, innermost last.
    pub(super) in_switch: Vec<bool>,
    pub(super) depth: u32,
    qualifiers: FxHashSet<Sym>,
}

/// Names of the environment that rules speak of.
const AMBIENT: &[&str] = &["fetch", "console", "JSON"];

impl<'s> Lower<'s> {
    pub(super) fn new(source: &'s str, bodies: Bodies) -> Self {
        Lower {
            b: Builder::new(Lang::TypeScript, source.len()),
            source,
            bodies,
            func: None,
            locals: Vec::new(),
            bound: FxHashMap::default(),
            declared: FxHashSet::default(),
            open_globals: FxHashMap::default(),
            bases: Vec::new(),
            base_exprs: Vec::new(),
            in_switch: Vec::new(),
            depth: 0,
            qualifiers: FxHashSet::default(),
        }
    }

    /// Lowers a whole file.
    pub(super) fn program(&mut self, program: &Program<'_>) {
        self.survey(&program.body);
        self.module(&program.body);
    }

    pub(super) fn sym(&mut self, text: &str) -> Sym {
        self.b.intern(text.as_bytes())
    }

    pub(super) fn text(&self, span: Span) -> &'s str {
        self.source.get(span.start as usize..span.end as usize).unwrap_or("")
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

    pub(super) fn name(&mut self, text: &str, pos: u32) -> ExprId {
        let sym = self.sym(text);
        self.b.leaf(Expr::Name(sym), pos)
    }

    pub(super) fn unknown(&mut self, pos: u32) -> ExprId {
        self.b.leaf(Expr::Unknown, pos)
    }

    /// The qualifier of an import of `member` from `path`, declared at its first use.
    pub(super) fn qualifier(&mut self, path: &str, member: &str, pos: u32) -> Sym {
        let alias = self.sym(&format!("{HIDDEN}{path}{HIDDEN}{member}"));
        if self.qualifiers.insert(alias) {
            let path = self.sym(plain(path));
            let member = self.sym(member);
            self.b.facts.imports.push(Import { path, alias, member, pos });
        }
        alias
    }

    /// Declares `alias` as the whole of `path`.
    pub(super) fn import_whole(&mut self, path: &str, alias: Sym, pos: u32) {
        if self.qualifiers.insert(alias) {
            let path = self.sym(plain(path));
            self.b.facts.imports.push(Import { path, alias, member: Sym::EMPTY, pos });
        }
    }

    pub(super) fn is_local(&self, sym: Sym) -> bool {
        self.locals.contains(&sym)
    }

    /// A use of a name.
    pub(super) fn reference(&mut self, text: &str, pos: u32) -> ExprId {
        if text == "undefined" {
            return self.b.leaf(Expr::Nil, pos);
        }
        let sym = self.sym(text);
        if self.is_local(sym) {
            return self.b.leaf(Expr::Name(sym), pos);
        }
        let (qualifier, member) = match self.bound.get(&sym).copied() {
            Some(Bound::Member(qualifier, member) | Bound::Whole(_, qualifier, member)) => {
                (qualifier, member)
            }
            None if !self.declared.contains(&sym) && AMBIENT.contains(&text) => {
                (self.qualifier("global", text, pos), sym)
            }
            None => return self.b.leaf(Expr::Name(sym), pos),
        };
        let base = self.b.leaf(Expr::Name(qualifier), pos);
        self.b.expr(Expr::Field { base, name: member }, pos)
    }

    /// A use of a name in front of a dot.
    pub(super) fn base_reference(&mut self, text: &str, pos: u32) -> ExprId {
        let sym = self.sym(text);
        match self.bound.get(&sym) {
            Some(&Bound::Whole(alias, ..)) if !self.is_local(sym) => self.b.leaf(Expr::Name(alias), pos),
            _ => self.reference(text, pos),
        }
    }
}

/// A path without the prefix of what comes with the platform.
fn plain(path: &str) -> &str {
    path.strip_prefix("node:").unwrap_or(path)
}
