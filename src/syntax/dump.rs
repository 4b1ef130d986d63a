//! Facts as s-expressions, for tests: short enough to write by hand next to the source.
//!
//! Names stand for themselves, strings keep quotes, `_` is what is absent. `(f a b)` is a call.

use std::fmt::Write;
use std::ops::Range;

use super::facts::{
    AssignOp, Expr, ExprId, Exprs, Facts, Func, FuncId, HIDDEN, Stmt, StmtId, Stmts, Sym, TypeDecl, TypeId,
    TypeKind,
};

/// Everything in a file: package, imports, types, functions that are declared, globals.
pub(crate) fn dump(facts: &Facts) -> String {
    let d = Dumper(facts);
    let mut lines = Vec::new();
    for import in &facts.imports {
        lines.push(format!("import {} {:?}", d.sym(import.alias), facts.text(import.path)));
    }
    for (at, decl) in facts.types.iter().enumerate() {
        if !decl.name.is_empty() {
            lines.push(d.type_decl(TypeId(at as u32)));
        }
    }
    for global in &facts.globals {
        let word = if global.constant { "const" } else { "var" };
        let (name, ty) = (d.sym(global.name), d.expr(global.ty));
        lines.push(format!("{word} {name} {ty} = {}", d.expr(global.value)));
    }
    let methods: Vec<FuncId> = facts.types.iter().flat_map(|decl| decl.methods.iter().copied()).collect();
    for (at, func) in facts.funcs.iter().enumerate() {
        if !func.name.is_empty() && !methods.contains(&FuncId(at as u32)) {
            lines.push(d.func(func));
        }
    }
    lines.extend(facts.directives.iter().map(|found| format!("directive {:?}", found.text)));
    for problem in &facts.problems {
        lines.push(format!("problem {}: {}", facts.line(problem.pos), problem.message));
    }
    lines.join("\n")
}

/// What the statements of a function without parameters say, out of what its file says.
pub(crate) fn body(file: &str) -> String {
    file.strip_prefix("func f() {").and_then(|rest| rest.strip_suffix('}')).unwrap_or(file).to_owned()
}

/// A dump in which a hidden qualifier is written `path~member`.
pub(crate) fn readable(dump: &str) -> String {
    let line = |line: &str| {
        let mut out = String::new();
        for (i, piece) in line.split(HIDDEN).enumerate() {
            if i > 0 && i % 2 == 0 {
                out.push('~');
            }
            out.push_str(piece);
        }
        out
    };
    dump.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Checks a table of source and dump, all rows at once.
pub(crate) fn check(read: fn(&str) -> String, table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(source, wanted)| {
            let said = read(source);
            (said != *wanted).then(|| format!("{source}\n  wanted {wanted}\n  said   {said}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

struct Dumper<'a>(&'a Facts);

impl Dumper<'_> {
    fn sym(&self, sym: Sym) -> &str {
        if sym.is_empty() { "_" } else { self.0.text(sym) }
    }

    fn exprs(&self, list: Exprs) -> String {
        let parts: Vec<String> = self.0.list(list).iter().map(|&id| self.expr(id)).collect();
        format!("[{}]", parts.join(" "))
    }

    fn stmts(&self, list: Stmts) -> String {
        let parts: Vec<String> = self.0.block(list).iter().map(|&id| self.stmt(id)).collect();
        format!("{{{}}}", parts.join("; "))
    }

    fn params(&self, range: &Range<u32>) -> String {
        let parts: Vec<String> = self
            .0
            .params(range)
            .iter()
            .map(|param| {
                let dots = if param.variadic { "..." } else { "" };
                format!("{}:{dots}{}", self.sym(param.name), self.expr(param.ty))
            })
            .collect();
        parts.join(" ")
    }

    fn func(&self, func: &Func) -> String {
        let mut out = String::from("func ");
        if !func.owner.is_empty() {
            let _ = write!(out, "{}.", self.sym(func.owner));
        }
        let _ = write!(out, "{}", self.sym(func.name));
        if !func.type_params.is_empty() {
            let _ = write!(out, "[{}]", self.params(&func.type_params));
        }
        if let Some(at) = func.receiver {
            let _ = write!(out, "<{}>", self.params(&(at..at + 1)));
        }
        let _ = write!(out, "({})", self.params(&func.params));
        if !func.results.is_empty() {
            let _ = write!(out, "->({})", self.params(&func.results));
        }
        if let Some(body) = func.body {
            let _ = write!(out, " {}", self.stmts(body));
        }
        out
    }

    fn type_decl(&self, id: TypeId) -> String {
        let decl: &TypeDecl = &self.0.types[id.0 as usize];
        let mut out = String::from("type ");
        let _ = write!(out, "{}", self.sym(decl.name));
        if !decl.type_params.is_empty() {
            let _ = write!(out, "[{}]", self.params(&decl.type_params));
        }
        match decl.kind {
            TypeKind::Struct => {
                let fields = self.0.fields(&decl.fields);
                let parts: Vec<String> = fields
                    .iter()
                    .map(|field| {
                        let mark = if field.embedded { "^" } else { "" };
                        let mut part = format!("{mark}{}:{}", self.sym(field.name), self.expr(field.ty));
                        if !field.tag.is_empty() {
                            let _ = write!(part, " {:?}", self.0.text(field.tag));
                        }
                        part
                    })
                    .collect();
                let _ = write!(out, " struct{{{}}}", parts.join("; "));
            }
            TypeKind::Interface => {
                let methods = decl.methods.iter().map(|&id| self.func(self.0.func(id)));
                let embeds = self.0.list(decl.embeds).iter().map(|&id| self.expr(id));
                let parts: Vec<String> = methods.chain(embeds).collect();
                let _ = write!(out, " interface{{{}}}", parts.join("; "));
            }
            TypeKind::Alias => {
                let _ = write!(out, " = {}", self.expr(decl.underlying));
            }
            TypeKind::Defined | TypeKind::Extension => {
                let _ = write!(out, " {}", self.expr(decl.underlying));
            }
        }
        out
    }

    fn expr(&self, id: ExprId) -> String {
        if id.is_none() {
            return "_".to_owned();
        }
        match self.0.expr(id) {
            Expr::Unknown => "?".to_owned(),
            Expr::Nil => "nil".to_owned(),
            Expr::Bool(value) => value.to_string(),
            Expr::Str(text) => format!("{:?}", self.0.text(text)),
            Expr::Number(text) | Expr::Name(text) => self.0.text(text).to_owned(),
            Expr::Field { base, name } => format!("{}.{}", self.expr(base), self.sym(name)),
            Expr::Index { base, args } => format!("{}{}", self.expr(base), self.exprs(args)),
            Expr::Slice(base) => format!("{}[:]", self.expr(base)),
            Expr::Call { callee, args, spread } => {
                let mut out = format!("({}", self.expr(callee));
                for &arg in self.0.list(args) {
                    let _ = write!(out, " {}", self.expr(arg));
                }
                out + if spread { "...)" } else { ")" }
            }
            Expr::Composite { ty, entries } => {
                let parts: Vec<String> = self
                    .0
                    .list(entries)
                    .chunks(2)
                    .map(|pair| match pair[0] {
                        ExprId::NONE => self.expr(pair[1]),
                        key => format!("{}:{}", self.expr(key), self.expr(pair[1])),
                    })
                    .collect();
                format!("{}{{{}}}", self.expr(ty), parts.join(" "))
            }
            Expr::Closure(id) | Expr::FuncType(id) => self.func(self.0.func(id)),
            Expr::Unary { op, operand } => format!("({op:?} {})", self.expr(operand)),
            Expr::Binary { op, left, right } => {
                format!("({op:?} {} {})", self.expr(left), self.expr(right))
            }
            Expr::Assert { value, ty } => format!("{}.({})", self.expr(value), self.expr(ty)),
            Expr::Conditional { cond, then, otherwise } => {
                format!("({} ? {} : {})", self.expr(cond), self.expr(then), self.expr(otherwise))
            }
            Expr::Template(parts) => format!("template{}", self.exprs(parts)),
            Expr::Block(body) => self.stmt(body),
            Expr::SliceType(element) => format!("[]{}", self.expr(element)),
            Expr::MapType { key, value } => format!("map[{}]{}", self.expr(key), self.expr(value)),
            Expr::ChanType(element) => format!("chan {}", self.expr(element)),
            Expr::InlineType(id) => self.type_decl(id),
        }
    }

    fn optional(&self, id: Option<StmtId>) -> String {
        id.map_or_else(|| "_".to_owned(), |id| self.stmt(id))
    }

    fn stmt(&self, id: StmtId) -> String {
        match self.0.stmt(id) {
            Stmt::Expr(expr) => self.expr(expr),
            Stmt::Assign { targets, values, ty, op } => {
                let op = match op {
                    AssignOp::Set => "=",
                    AssignOp::Define => ":=",
                    AssignOp::Add => "+=",
                    AssignOp::Sub => "-=",
                    AssignOp::Other => "?=",
                };
                let ty = if ty.is_none() { String::new() } else { format!(":{}", self.expr(ty)) };
                format!("{}{ty} {op} {}", self.exprs(targets), self.exprs(values))
            }
            Stmt::Return(values) => format!("return {}", self.exprs(values)),
            Stmt::Spawn(expr) => format!("go {}", self.expr(expr)),
            Stmt::Defer(expr) => format!("defer {}", self.expr(expr)),
            Stmt::Send { channel, value } => {
                format!("{} <- {}", self.expr(channel), self.expr(value))
            }
            Stmt::Block(body) => self.stmts(body),
            Stmt::Jump(jump) => format!("{jump:?}"),
            Stmt::Throw(expr) => format!("throw {}", self.expr(expr)),
            Stmt::Try { body, binding, handler, finalizer } => format!(
                "try {} catch {} {} finally {}",
                self.stmts(body),
                self.sym(binding),
                self.stmts(handler),
                self.stmts(finalizer)
            ),
            other => self.branch(other),
        }
    }

    fn branch(&self, stmt: Stmt) -> String {
        match stmt {
            Stmt::If { init, cond, then, otherwise } => {
                let init = init.map_or_else(String::new, |id| format!("{}; ", self.stmt(id)));
                let mut out = format!("if {init}{} {}", self.expr(cond), self.stmts(then));
                if otherwise.len > 0 {
                    let _ = write!(out, " else {}", self.stmts(otherwise));
                }
                out
            }
            Stmt::Loop { targets, over, init, cond, post, body } if over.is_none() => {
                assert_eq!(targets.len, 0, "loop variables without a range");
                let (init, post) = (self.optional(init), self.optional(post));
                format!("for {init}; {}; {post} {}", self.expr(cond), self.stmts(body))
            }
            Stmt::Loop { targets, over, body, .. } => {
                format!("for {} range {} {}", self.exprs(targets), self.expr(over), self.stmts(body))
            }
            Stmt::Switch { init, subject, binding, cases } => {
                let init = init.map_or_else(String::new, |id| format!("{}; ", self.stmt(id)));
                let bound =
                    if binding.is_empty() { String::new() } else { format!("{} := ", self.sym(binding)) };
                format!("switch {init}{bound}{} {}", self.expr(subject), self.stmts(cases))
            }
            Stmt::Case { values, comm, body } => match comm {
                Some(comm) => format!("on {} {}", self.stmt(comm), self.stmts(body)),
                None => format!("case {} {}", self.exprs(values), self.stmts(body)),
            },
            _ => unreachable!("`stmt` writes the others"),
        }
    }
}
