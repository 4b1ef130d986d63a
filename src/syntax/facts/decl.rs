//! What a file declares: imports, exports, types, functions and globals.

use std::ops::Range;

use super::{ExprId, Exprs, FuncId, Stmts, Sym};

/// An import: `alias "path"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The path as written.
    pub path: Sym,
    /// Alias as written; empty when none (`.` and `_` are kept).
    pub alias: Sym,
    /// The one name that is imported, where a language imports names; empty for the whole. Uses of
    /// the name are written as members of the import: `alias.member`.
    pub member: Sym,
    /// Byte offset.
    pub pos: u32,
}

/// A name that a file gives to others under a name of its own choice, where a language says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The name others use; empty for everything the path gives (`export *`).
    pub name: Sym,
    /// Where it comes from; empty for this file.
    pub path: Sym,
    /// The name there; empty for the whole as one value (`export * as name`).
    pub member: Sym,
}

/// What kind of type a declaration introduces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeKind {
    /// Fields.
    Struct,
    /// A method set.
    Interface,
    /// `type A = B`.
    Alias,
    /// `type A B` where B is neither struct nor interface.
    Defined,
    /// Methods of a type that is declared elsewhere; it has no name, and the type is the underlying
    /// one.
    Extension,
}

/// A type declaration, or a struct/interface written in place (name empty).
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDecl {
    /// Name; empty when written in place.
    pub name: Sym,
    /// What it is.
    pub kind: TypeKind,
    /// Type parameters.
    pub type_params: Range<u32>,
    /// Fields of a struct: indices into [`Facts::fields`](super::Facts::fields).
    pub fields: Range<u32>,
    /// Methods of an interface: functions without a body.
    pub methods: Vec<FuncId>,
    /// Embedded interfaces or type-set elements of an interface.
    pub embeds: Exprs,
    /// Interfaces it says it satisfies, where a language has it say so.
    pub implements: Exprs,
    /// Decorators or attributes.
    pub decorators: Exprs,
    /// Aliased or underlying type, or [`ExprId::NONE`].
    pub underlying: ExprId,
    /// The function it is declared in, if any.
    pub scope: Option<FuncId>,
    /// Byte offset of the name.
    pub pos: u32,
}

/// A struct field; one entry per name.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Name; for an embedded field the type's own name.
    pub name: Sym,
    /// Type.
    pub ty: ExprId,
    /// Tag text without quotes, or empty.
    pub tag: Sym,
    /// Embedded.
    pub embedded: bool,
    /// Byte offset.
    pub pos: u32,
}

/// A parameter, result, receiver or type parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Param {
    /// Name, or empty.
    pub name: Sym,
    /// Type (constraint for type parameters), or [`ExprId::NONE`].
    pub ty: ExprId,
    /// `...T`; `ty` is then the element type.
    pub variadic: bool,
}

/// A function, method, closure, interface method or function type.
#[derive(Clone, Debug, PartialEq)]
pub struct Func {
    /// Name; empty for closures and function types.
    pub name: Sym,
    /// The type a method belongs to (without pointer and type arguments), else empty.
    pub owner: Sym,
    /// The function a closure is written in.
    pub parent: Option<FuncId>,
    /// Receiver, as an index into [`Facts::params`](super::Facts::params).
    pub receiver: Option<u32>,
    /// Type parameters: indices into [`Facts::params`](super::Facts::params).
    pub type_params: Range<u32>,
    /// Parameters: indices into [`Facts::params`](super::Facts::params).
    pub params: Range<u32>,
    /// Results: indices into [`Facts::params`](super::Facts::params).
    pub results: Range<u32>,
    /// Body; `None` for declarations only (interface methods, types, skipped bodies).
    pub body: Option<Stmts>,
    /// Decorators or attributes.
    pub decorators: Exprs,
    /// Read like a field (`get name()`).
    pub getter: bool,
    /// Byte offset of the name (of `func` for closures).
    pub pos: u32,
    /// Byte offset past the end.
    pub end: u32,
}

/// A constant or variable at file level; one entry per name.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// Name.
    pub name: Sym,
    /// Declared type, or [`ExprId::NONE`].
    pub ty: ExprId,
    /// Value, or [`ExprId::NONE`]. For `var a, b = f()` both hold the call. A Go constant that
    /// repeats the expression above it (`iota`) holds that expression.
    pub value: ExprId,
    /// A constant.
    pub constant: bool,
    /// Byte offset.
    pub pos: u32,
}
