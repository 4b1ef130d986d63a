//! Expressions.

use syn::spanned::Spanned;
use syn::{BinOp, Expr as Code, Lit, UnOp};

use super::body::Tail;
use super::lower::{Gives, Lower, end, start};
use crate::syntax::facts::{AssignOp, BinaryOp, Expr, ExprId, FuncId, Stmt, Sym, UnaryOp};

/// Methods that give what they are called on, as far as an audit asks.
const SAME: &[&str] = &[
    "clone",
    "to_owned",
    "into",
    "try_into",
    "unwrap",
    "expect",
    "as_ref",
    "as_mut",
    "as_deref",
    "as_deref_mut",
    "iter",
    "iter_mut",
    "into_iter",
    "cloned",
    "copied",
    "borrow",
    "borrow_mut",
    "as_bytes",
    "to_vec",
    "collect",
    "unwrap_or_default",
    "into_inner",
    "context",
    "with_context",
    "wrap_err",
    "map_err",
    "ok",
    "boxed",
    "as_slice",
    "by_ref",
    "fuse",
    "inspect_err",
    "into_boxed_str",
    "deref",
    "to_str",
];
/// Methods that give what they are called on, or what they are given.
const ELSE: &[&str] = &["unwrap_or", "unwrap_or_else", "or", "or_else"];
/// Functions of types that give what they are given.
const WRAPS: &[(&str, &[&str])] = &[
    ("new", &["Arc", "Rc", "Box", "Mutex", "RwLock", "Cell", "RefCell", "Cow", "Some", "OnceCell", "Data"]),
    ("pin", &["Box"]),
    ("clone", &["Arc", "Rc"]),
    ("from", &["String", "Arc", "Box", "Bytes", "Vec", "ShortString"]),
    ("from_utf8", &["String", "str"]),
    ("from_utf8_lossy", &["String"]),
];
/// Functions that wait for their last argument no longer than they are told.
const BOUNDS: &[&str] = &["timeout", "timeout_at"];
/// Functions that start what they are given and do not wait for it.
const SPAWNS: &[&str] = &["spawn", "spawn_blocking", "spawn_local"];

impl Lower<'_> {
    pub(super) fn expression(&mut self, expr: &Code) -> ExprId {
        let pos = start(expr.span());
        if !self.enter() {
            return self.unknown(pos);
        }
        let id = self.inner(expr, pos);
        self.leave();
        id
    }

    fn inner(&mut self, expr: &Code, pos: u32) -> ExprId {
        match expr {
            Code::Lit(found) => self.literal(&found.lit, pos),
            Code::Path(path) if path.path.is_ident("None") => self.b.leaf(Expr::Nil, pos),
            Code::Path(path) => self.path(&path.path),
            Code::Call(call) => self.call(call, pos),
            Code::MethodCall(call) => self.method_call(call, pos),
            Code::Field(found) => {
                let base = self.expression(&found.base);
                let (name, at) = match &found.member {
                    syn::Member::Named(name) => (name.to_string(), start(name.span())),
                    syn::Member::Unnamed(index) => (index.index.to_string(), start(index.span)),
                };
                self.field(base, &name, at)
            }
            Code::Struct(found) => self.structure_literal(found, pos),
            Code::Array(array) => self.list(array.elems.iter(), pos),
            Code::Tuple(tuple) if tuple.elems.is_empty() => self.b.leaf(Expr::Nil, pos),
            Code::Tuple(tuple) => self.list(tuple.elems.iter(), pos),
            Code::Reference(inner) => self.expression(&inner.expr),
            Code::Paren(inner) => self.expression(&inner.expr),
            Code::Group(inner) => self.expression(&inner.expr),
            Code::Cast(cast) => self.expression(&cast.expr),
            Code::Await(found) => {
                let operand = self.expression(&found.base);
                let operand = match self.b.facts.expr(operand) {
                    Expr::Name(name) if self.futures.contains(&name) => {
                        let args = crate::syntax::facts::Exprs::default();
                        self.b.expr(Expr::Call { callee: operand, args, spread: false }, pos)
                    }
                    _ => operand,
                };
                self.b.expr(Expr::Unary { op: UnaryOp::Await, operand }, pos)
            }
            Code::Try(found) => self.unary(UnaryOp::Try, &found.expr, pos),
            Code::Unary(found) => match found.op {
                UnOp::Deref(_) => self.expression(&found.expr),
                UnOp::Not(_) => self.unary(UnaryOp::Not, &found.expr, pos),
                _ => self.unary(UnaryOp::Negate, &found.expr, pos),
            },
            Code::Binary(found) if assigns(&found.op).is_none() => {
                let left = self.expression(&found.left);
                let right = self.expression(&found.right);
                self.b.expr(Expr::Binary { op: binary_op(&found.op), left, right }, pos)
            }
            Code::Index(found) => {
                let base = self.expression(&found.expr);
                if matches!(&*found.index, Code::Range(_)) {
                    return self.b.expr(Expr::Slice(base), pos);
                }
                let index = self.expression(&found.index);
                let args = self.b.single(index);
                self.b.expr(Expr::Index { base, args }, pos)
            }
            Code::Closure(closure) => self.closure(closure, pos),
            Code::Async(found) => self.future(&found.block, pos),
            Code::Macro(found) => self.macro_value(&found.mac, pos),
            Code::If(_) | Code::Match(_) | Code::Block(_) | Code::Unsafe(_) | Code::Loop(_) => {
                self.held_value(expr)
            }
            Code::Return(_)
            | Code::Break(_)
            | Code::Continue(_)
            | Code::While(_)
            | Code::ForLoop(_)
            | Code::Assign(_)
            | Code::Binary(_) => {
                self.end_in(expr, Tail::Drop);
                self.unknown(pos)
            }
            Code::Let(found) => self.matches(&found.expr, &found.pat),
            _ => self.unknown(pos),
        }
    }

    /// The value of a block, through a name that its last statements give it.
    fn held_value(&mut self, expr: &Code) -> ExprId {
        let held = self.b.temporary("given");
        self.locals.push(held);
        self.end_in(expr, Tail::Hold(held));
        self.local(held, end(expr.span()))
    }

    pub(super) fn literal(&mut self, lit: &Lit, pos: u32) -> ExprId {
        match lit {
            Lit::Str(text) => self.string(&text.value(), pos),
            Lit::ByteStr(text) => {
                let text = String::from_utf8_lossy(&text.value()).into_owned();
                self.string(&text, pos)
            }
            Lit::Bool(value) => self.b.leaf(Expr::Bool(value.value), pos),
            Lit::Int(number) => {
                let text = self.sym(number.base10_digits());
                self.b.leaf(Expr::Number(text), pos)
            }
            Lit::Float(number) => {
                let text = self.sym(number.base10_digits());
                self.b.leaf(Expr::Number(text), pos)
            }
            _ => self.unknown(pos),
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Code, pos: u32) -> ExprId {
        let operand = self.expression(operand);
        self.b.expr(Expr::Unary { op, operand }, pos)
    }

    fn list<'c>(&mut self, items: impl Iterator<Item = &'c Code>, pos: u32) -> ExprId {
        let items: Vec<ExprId> = items.map(|item| self.expression(item)).collect();
        self.listed(&items, pos)
    }

    fn structure_literal(&mut self, found: &syn::ExprStruct, pos: u32) -> ExprId {
        let ty = self.path(&found.path);
        let fields: Vec<(ExprId, ExprId)> = found
            .fields
            .iter()
            .map(|field| {
                let at = start(field.span());
                let name = match &field.member {
                    syn::Member::Named(name) => name.to_string(),
                    syn::Member::Unnamed(index) => index.index.to_string(),
                };
                let key = self.string(&name, at);
                (key, self.expression(&field.expr))
            })
            .collect();
        if let Some(rest) = &found.rest {
            self.expression(rest);
        }
        let mark = self.b.begin_exprs();
        for (key, value) in fields {
            self.b.stage_expr(key);
            self.b.stage_expr(value);
        }
        let entries = self.b.end_exprs(mark);
        self.b.expr(Expr::Composite { ty, entries }, pos)
    }

    fn call(&mut self, call: &syn::ExprCall, pos: u32) -> ExprId {
        let words = match &*call.func {
            Code::Path(path) => path.path.segments.iter().map(|segment| segment.ident.to_string()).collect(),
            _ => Vec::new(),
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if let (Some(&name), Some(arg)) = (words.last(), call.args.first())
            && call.args.len() == 1
        {
            let of = words.iter().rev().nth(1);
            let wraps = match of {
                None => matches!(name, "Ok" | "Err" | "Some"),
                Some(of) => WRAPS.iter().any(|(function, types)| *function == name && types.contains(of)),
            };
            if wraps {
                return self.expression(arg);
            }
            if SPAWNS.contains(&name) {
                return self.spawn(arg, pos);
            }
        }
        if let (Some(name), Some(awaited), 2) = (words.last(), call.args.last(), call.args.len())
            && BOUNDS.contains(name)
        {
            return self.expression(awaited);
        }
        let callee = self.expression(&call.func);
        let args: Vec<ExprId> = call.args.iter().map(|arg| self.expression(arg)).collect();
        self.called(callee, &args, pos)
    }

    /// What is started and not waited for is a statement before the use of its handle.
    fn spawn(&mut self, what: &Code, pos: u32) -> ExprId {
        let value = self.expression(what);
        let value = match self.b.facts.expr(value) {
            Expr::Closure(_) => self.called(value, &[], pos),
            _ => value,
        };
        self.emit(Stmt::Spawn(value), pos);
        self.unknown(pos)
    }

    fn method_call(&mut self, call: &syn::ExprMethodCall, pos: u32) -> ExprId {
        let name = call.method.to_string();
        let at = start(call.method.span());
        if SAME.contains(&name.as_str()) {
            return self.expression(&call.receiver);
        }
        if ELSE.contains(&name.as_str())
            && let [arg] = call.args.iter().collect::<Vec<_>>()[..]
        {
            let left = self.expression(&call.receiver);
            let right = match arg {
                Code::Closure(closure) if !matches!(&*closure.body, Code::Block(_)) => {
                    self.expression(&closure.body)
                }
                other => self.expression(other),
            };
            return self.b.expr(Expr::Binary { op: BinaryOp::Coalesce, left, right }, pos);
        }
        if SPAWNS.contains(&name.as_str())
            && let Some(arg) = call.args.first()
        {
            return self.spawn(arg, pos);
        }
        let base = self.expression(&call.receiver);
        let callee = self.field(base, &name, at);
        let callee = match &call.turbofish {
            Some(args) => self.instantiated(callee, args, at),
            None => callee,
        };
        let args: Vec<ExprId> = call.args.iter().map(|arg| self.expression(arg)).collect();
        self.called(callee, &args, at)
    }

    fn closure(&mut self, closure: &syn::ExprClosure, pos: u32) -> ExprId {
        let outer = self.b.open();
        let func = self.unnamed(pos, end(closure.span()), |this| {
            let mut patterns = Vec::new();
            let mut params = Vec::new();
            for input in &closure.inputs {
                let (pattern, ty) = match input {
                    syn::Pat::Type(typed) => (&*typed.pat, this.ty(&typed.ty)),
                    other => (other, ExprId::NONE),
                };
                params.push(this.parameter(pattern, ty, &mut patterns));
            }
            let mark = this.b.begin_params();
            for param in params {
                this.b.stage_param(param);
            }
            let params = this.b.end_params(mark);
            let body = this.nested(|this| {
                for (pattern, held) in patterns {
                    let value = this.local(held, pos);
                    this.bind(pattern, value);
                }
                match &*closure.body {
                    // `move |m| async move { … }` is the function that it makes.
                    Code::Async(found) => this.statements(&found.block.stmts, Tail::Return),
                    Code::Block(found) => this.statements(&found.block.stmts, Tail::Return),
                    other => this.end_in(other, Tail::Return),
                }
            });
            (params, body)
        });
        self.b.close(outer, Expr::Closure(func), pos)
    }

    /// `async { … }` runs later, as a closure does.
    pub(super) fn future(&mut self, block: &syn::Block, pos: u32) -> ExprId {
        let outer = self.b.open();
        let func =
            self.unnamed(pos, end(block.span()), |this| (0..0, this.block(&block.stmts, Tail::Return)));
        self.b.close(outer, Expr::Closure(func), pos)
    }

    fn unnamed(
        &mut self,
        pos: u32,
        end: u32,
        write: impl FnOnce(&mut Self) -> (std::ops::Range<u32>, crate::syntax::facts::Stmts),
    ) -> FuncId {
        let id = self.b.func(Sym::EMPTY, pos);
        let parent = self.func.replace(id);
        let locals = self.locals.len();
        let (params, body) = self.without_gives(Gives::ErrorOnly, write);
        self.locals.truncate(locals);
        self.func = parent;
        let func = self.b.func_mut(id);
        func.parent = parent;
        func.params = params;
        func.body = Some(body);
        func.end = end;
        id
    }
}

/// How an operator assigns, if it does.
pub(super) fn assigns(op: &BinOp) -> Option<AssignOp> {
    Some(match op {
        BinOp::AddAssign(_) => AssignOp::Add,
        BinOp::SubAssign(_) => AssignOp::Sub,
        BinOp::MulAssign(_)
        | BinOp::DivAssign(_)
        | BinOp::RemAssign(_)
        | BinOp::BitXorAssign(_)
        | BinOp::BitAndAssign(_)
        | BinOp::BitOrAssign(_)
        | BinOp::ShlAssign(_)
        | BinOp::ShrAssign(_) => AssignOp::Other,
        _ => return None,
    })
}

fn binary_op(op: &BinOp) -> BinaryOp {
    match op {
        BinOp::Add(_) => BinaryOp::Add,
        BinOp::Sub(_) => BinaryOp::Sub,
        BinOp::Mul(_) => BinaryOp::Mul,
        BinOp::Eq(_) => BinaryOp::Equal,
        BinOp::Ne(_) => BinaryOp::NotEqual,
        BinOp::Lt(_) => BinaryOp::Less,
        BinOp::Le(_) => BinaryOp::LessEqual,
        BinOp::Gt(_) => BinaryOp::Greater,
        BinOp::Ge(_) => BinaryOp::GreaterEqual,
        BinOp::And(_) => BinaryOp::And,
        BinOp::Or(_) => BinaryOp::Or,
        _ => BinaryOp::Other,
    }
}

/// The text an expression is, as written.
pub(super) fn literal_text(expr: &Code) -> Option<String> {
    match expr {
        Code::Lit(found) => match &found.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        Code::Reference(inner) => literal_text(&inner.expr),
        Code::Paren(inner) => literal_text(&inner.expr),
        Code::MethodCall(call)
            if matches!(call.method.to_string().as_str(), "to_string" | "to_owned" | "into") =>
        {
            literal_text(&call.receiver)
        }
        Code::Call(call) => match call.args.first() {
            Some(arg) if call.args.len() == 1 => literal_text(arg),
            _ => None,
        },
        Code::Macro(found) if found.mac.path.is_ident("write") => None,
        _ => None,
    }
}
