//! What one source file says, in a form that is the same for every language.
//!
//! `Facts` is a compact tree: expressions and statements live in flat arenas and refer to each
//! other by index, names and string literals are stored once per file. It holds no opinion (no
//! rule, no role) and depends on the file's bytes alone, so it can be stored by content hash.
//! It leaves out what no question of the audit needs: operators' precedence, formatting, most
//! comments.

mod decl;

pub use decl::{Export, Field, Func, Global, Import, Param, TypeDecl, TypeKind};

use std::ops::Range;

/// First character of a qualifier that the source does not have: it stands for the import of one
/// name, and people are shown the name alone.
pub const HIDDEN: char = '\u{2}';

/// A name or a string literal of this file; resolve it with [`Facts::text`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Sym(pub u32);

impl Sym {
    /// The empty string; always the first entry of a file's table.
    pub const EMPTY: Sym = Sym(0);

    /// Whether this is the empty name (an unnamed parameter, a closure, `package` missing).
    pub fn is_empty(self) -> bool {
        self == Sym::EMPTY
    }
}

/// Index into [`Facts::exprs`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ExprId(pub u32);
/// Index into [`Facts::stmts`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StmtId(pub u32);
/// Index into [`Facts::funcs`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FuncId(pub u32);
/// Index into [`Facts::types`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TypeId(pub u32);

/// A run of expressions: `facts.expr_lists[start..start + len]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Exprs {
    /// First index.
    pub start: u32,
    /// How many.
    pub len: u32,
}

/// A run of statements: `facts.stmt_lists[start..start + len]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Stmts {
    /// First index.
    pub start: u32,
    /// How many.
    pub len: u32,
}

/// The languages that have a front end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Lang {
    /// Go.
    Go,
    /// Rust.
    Rust,
    /// TypeScript and JavaScript, with or without JSX.
    TypeScript,
}

impl Lang {
    /// Whether each file is a module of its own; else all of a folder are one package.
    pub fn files_are_modules(self) -> bool {
        self != Lang::Go
    }
}

/// An expression or a type expression (types are written with the same words, as in Go's grammar).
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Expr {
    /// Something this model does not express, or code that did not parse.
    Unknown,
    /// `nil`, `null`, `undefined`.
    Nil,
    /// `true` or `false`.
    Bool(bool),
    /// A string literal, unescaped, without quotes.
    Str(Sym),
    /// A number or character literal as written.
    Number(Sym),
    /// An identifier.
    Name(Sym),
    /// `base.name`: a field, a method value or a package member.
    Field {
        /// Left of the dot.
        base: ExprId,
        /// Right of the dot.
        name: Sym,
    },
    /// `base[args]`: an element, or a generic instantiated with type arguments.
    Index {
        /// What is indexed.
        base: ExprId,
        /// Index or type arguments.
        args: Exprs,
    },
    /// `base[low:high]`.
    Slice(ExprId),
    /// `callee(args)`; conversions look the same.
    Call {
        /// What is called.
        callee: ExprId,
        /// Arguments, types included (`make([]T, 0)`).
        args: Exprs,
        /// The last argument is spread (`args...`).
        spread: bool,
    },
    /// `Type{…}`, `[]T{…}`, `{…}`: `entries` alternates key and value; a missing key is [`ExprId::NONE`].
    Composite {
        /// The type, or [`ExprId::NONE`] where it is elided.
        ty: ExprId,
        /// key, value, key, value, …
        entries: Exprs,
    },
    /// A function literal.
    Closure(FuncId),
    /// A prefix operator (or postfix, where a language has them).
    Unary {
        /// Which.
        op: UnaryOp,
        /// On what.
        operand: ExprId,
    },
    /// An infix operator.
    Binary {
        /// Which.
        op: BinaryOp,
        /// Left operand.
        left: ExprId,
        /// Right operand.
        right: ExprId,
    },
    /// `value.(Type)` or a cast; in a type switch (`x.(type)`) `ty` is [`ExprId::NONE`].
    Assert {
        /// What is asserted.
        value: ExprId,
        /// The type.
        ty: ExprId,
    },
    /// `cond ? then : otherwise`.
    Conditional {
        /// Condition.
        cond: ExprId,
        /// When true.
        then: ExprId,
        /// When false.
        otherwise: ExprId,
    },
    /// A template string: literal pieces and values in order.
    Template(Exprs),
    /// A statement used as a value (blocks, `match`), for languages that have that.
    Block(StmtId),
    /// The type `[]T`, `[n]T`, or variadic `...T`.
    SliceType(ExprId),
    /// The type `map[K]V`.
    MapType {
        /// Key type.
        key: ExprId,
        /// Value type.
        value: ExprId,
    },
    /// The type `chan T`.
    ChanType(ExprId),
    /// A function type; the entry in [`Facts::funcs`] has no body.
    FuncType(FuncId),
    /// A struct or interface type written in place.
    InlineType(TypeId),
}

impl ExprId {
    /// No expression.
    pub const NONE: ExprId = ExprId(u32::MAX);

    /// Whether there is no expression.
    pub fn is_none(self) -> bool {
        self == ExprId::NONE
    }
}

/// Prefix operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOp {
    /// `&x`.
    AddressOf,
    /// `*x`, also the pointer type `*T`.
    Deref,
    /// `!x`.
    Not,
    /// `-x`.
    Negate,
    /// `<-ch`.
    Receive,
    /// `await x`.
    Await,
    /// `x?` (early return of the error).
    Try,
    /// Any other.
    Other,
}

/// Infix operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    /// `+`.
    Add,
    /// `-`.
    Sub,
    /// `*`.
    Mul,
    /// `==`, `===`.
    Equal,
    /// `!=`, `!==`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
    /// `&&`.
    And,
    /// `||`.
    Or,
    /// `??`.
    Coalesce,
    /// Any other (division, shifts, bit operations).
    Other,
}

/// How an assignment combines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssignOp {
    /// `=`.
    Set,
    /// `:=`, `let`, `var` in a body: the targets are new names.
    Define,
    /// `+=`, `++`.
    Add,
    /// `-=`, `--`.
    Sub,
    /// Any other compound assignment.
    Other,
}

/// A jump inside a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Jump {
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// `fallthrough`.
    Fallthrough,
    /// `goto`.
    Goto,
}

/// A statement.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Stmt {
    /// A call or other expression for its effect.
    Expr(ExprId),
    /// `targets = values`, `targets := values`, `var targets T = values`, `x++`.
    Assign {
        /// Left side.
        targets: Exprs,
        /// Right side; empty for `var x T`.
        values: Exprs,
        /// Declared type, or [`ExprId::NONE`].
        ty: ExprId,
        /// How.
        op: AssignOp,
    },
    /// `if init; cond { then } else { otherwise }`; `else if` is an `If` alone in `otherwise`.
    If {
        /// Statement before the condition.
        init: Option<StmtId>,
        /// Condition.
        cond: ExprId,
        /// Taken when true.
        then: Stmts,
        /// Taken when false.
        otherwise: Stmts,
    },
    /// Any loop. For `for k, v := range x`: `targets` = [k, v], `over` = x.
    Loop {
        /// Loop variables of a range loop.
        targets: Exprs,
        /// What is ranged over, else [`ExprId::NONE`].
        over: ExprId,
        /// Statement before a three-part loop.
        init: Option<StmtId>,
        /// Condition, else [`ExprId::NONE`].
        cond: ExprId,
        /// Statement after each round.
        post: Option<StmtId>,
        /// What is repeated.
        body: Stmts,
    },
    /// `switch`, type switch, `select`, `match`. Each case is a [`Stmt::Case`].
    Switch {
        /// Statement before the subject.
        init: Option<StmtId>,
        /// What is switched on, else [`ExprId::NONE`] (`select`, bare `switch`).
        subject: ExprId,
        /// Name bound by a type switch, else empty.
        binding: Sym,
        /// The cases.
        cases: Stmts,
    },
    /// One arm of a switch.
    Case {
        /// Values or types; empty for `default`.
        values: Exprs,
        /// The receive or send of a `select` arm.
        comm: Option<StmtId>,
        /// What it runs.
        body: Stmts,
    },
    /// `return values`.
    Return(Exprs),
    /// `go f()`: started, not waited for.
    Spawn(ExprId),
    /// `defer f()`: runs when the function ends.
    Defer(ExprId),
    /// `ch <- value`.
    Send {
        /// The channel.
        channel: ExprId,
        /// What is sent.
        value: ExprId,
    },
    /// A nested block.
    Block(Stmts),
    /// `break`, `continue`, ….
    Jump(Jump),
    /// `throw x`, `panic` is a call.
    Throw(ExprId),
    /// `try { body } catch (binding) { handler } finally { finalizer }`.
    Try {
        /// Guarded statements.
        body: Stmts,
        /// Name of the caught error, or empty.
        binding: Sym,
        /// Runs on an error.
        handler: Stmts,
        /// Runs always.
        finalizer: Stmts,
    },
}

/// A comment that speaks to a tool: its text contains `flowaudit:`, or says what Go embeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Directive {
    /// The comment's text, markers included.
    pub text: String,
    /// Byte offset.
    pub pos: u32,
}

/// A place that could not be parsed; parsing went on after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What was expected or wrong.
    pub message: String,
    /// Byte offset.
    pub pos: u32,
}

/// Everything one file says.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Language.
    pub lang: Lang,
    /// Package or module name as the file states it, or empty.
    pub package: Sym,
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Names given to other files under a name of their own.
    pub exports: Vec<Export>,
    /// Constructions that a container does: a call of the type with what it is given, parameter by
    /// parameter. They count where nothing else builds the type.
    pub injected: Vec<ExprId>,
    /// The type arguments that calls are written with, where the callee does not carry them; in order
    /// of the call.
    pub type_args: Vec<(ExprId, Exprs)>,
    /// Types in order.
    pub types: Vec<TypeDecl>,
    /// Struct fields of all types.
    pub fields: Vec<Field>,
    /// Functions, methods, closures, function types.
    pub funcs: Vec<Func>,
    /// Parameters of all functions.
    pub params: Vec<Param>,
    /// Constants and variables at file level.
    pub globals: Vec<Global>,
    /// Expressions.
    pub exprs: Vec<Expr>,
    /// Byte offset of each expression: of the operator's or call's distinguishing token
    /// (the name after the dot for fields, the callee's position for calls), else of its start.
    pub expr_pos: Vec<u32>,
    /// Statements.
    pub stmts: Vec<Stmt>,
    /// Byte offset of each statement.
    pub stmt_pos: Vec<u32>,
    /// Backing store of [`Exprs`].
    pub expr_lists: Vec<ExprId>,
    /// Backing store of [`Stmts`].
    pub stmt_lists: Vec<StmtId>,
    /// Comments that speak to a tool.
    pub directives: Vec<Directive>,
    /// What could not be parsed.
    pub problems: Vec<Problem>,
    /// Byte offset of the start of each line.
    pub lines: Vec<u32>,
    texts: String,
    spans: Vec<(u32, u32)>,
}

impl Facts {
    /// An empty file of `lang`; the front end fills it.
    pub fn new(lang: Lang) -> Self {
        Facts {
            lang,
            package: Sym::EMPTY,
            imports: Vec::new(),
            exports: Vec::new(),
            injected: Vec::new(),
            type_args: Vec::new(),
            types: Vec::new(),
            fields: Vec::new(),
            funcs: Vec::new(),
            params: Vec::new(),
            globals: Vec::new(),
            exprs: Vec::new(),
            expr_pos: Vec::new(),
            stmts: Vec::new(),
            stmt_pos: Vec::new(),
            expr_lists: Vec::new(),
            stmt_lists: Vec::new(),
            directives: Vec::new(),
            problems: Vec::new(),
            lines: vec![0],
            texts: String::new(),
            spans: vec![(0, 0)],
        }
    }

    /// Appends a text to the table and returns its symbol. The front end's `Interner` keeps
    /// texts unique; nothing else calls this.
    pub(crate) fn push_text(&mut self, text: &str) -> Sym {
        let start = self.texts.len() as u32;
        self.texts.push_str(text);
        self.spans.push((start, text.len() as u32));
        Sym(self.spans.len() as u32 - 1)
    }

    /// Whether a name is one that the front end made up: nothing in the source has it.
    pub fn is_temporary(&self, name: Sym) -> bool {
        let number = self.text(name).rsplit_once('$').map(|(_, number)| number);
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    }

    /// The type arguments that the call is written with.
    pub fn written_types(&self, call: ExprId) -> &[ExprId] {
        let found = self.type_args.binary_search_by_key(&call, |(call, _)| *call);
        found.map_or(&[], |at| self.list(self.type_args[at].1))
    }

    /// The text of a name or string literal.
    pub fn text(&self, sym: Sym) -> &str {
        let (start, len) = self.spans[sym.0 as usize];
        &self.texts[start as usize..(start + len) as usize]
    }

    /// How many distinct texts the file has; symbols are `0..count`.
    pub fn text_count(&self) -> u32 {
        self.spans.len() as u32
    }

    /// The expression at `id`.
    pub fn expr(&self, id: ExprId) -> Expr {
        if id.is_none() { Expr::Unknown } else { self.exprs[id.0 as usize] }
    }

    /// The statement at `id`.
    pub fn stmt(&self, id: StmtId) -> Stmt {
        self.stmts[id.0 as usize]
    }

    /// The function at `id`.
    pub fn func(&self, id: FuncId) -> &Func {
        &self.funcs[id.0 as usize]
    }

    /// The expressions of a list.
    pub fn list(&self, list: Exprs) -> &[ExprId] {
        &self.expr_lists[list.start as usize..(list.start + list.len) as usize]
    }

    /// The statements of a list.
    pub fn block(&self, list: Stmts) -> &[StmtId] {
        &self.stmt_lists[list.start as usize..(list.start + list.len) as usize]
    }

    /// The parameters in `range`.
    pub fn params(&self, range: &Range<u32>) -> &[Param] {
        &self.params[range.start as usize..range.end as usize]
    }

    /// The fields in `range`.
    pub fn fields(&self, range: &Range<u32>) -> &[Field] {
        &self.fields[range.start as usize..range.end as usize]
    }

    /// The 1-based line of a byte offset.
    pub fn line(&self, pos: u32) -> u32 {
        self.lines.partition_point(|&start| start <= pos) as u32
    }

    /// The 1-based column (in bytes) of a byte offset.
    pub fn column(&self, pos: u32) -> u32 {
        pos - self.lines[self.line(pos) as usize - 1] + 1
    }

    /// The 1-based line of an expression.
    pub fn expr_line(&self, id: ExprId) -> u32 {
        if id.is_none() { 1 } else { self.line(self.expr_pos[id.0 as usize]) }
    }

    /// The 1-based line of a statement.
    pub fn stmt_line(&self, id: StmtId) -> u32 {
        self.line(self.stmt_pos[id.0 as usize])
    }
}
