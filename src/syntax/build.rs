//! Filling a [`Facts`]: what every front end needs and no language decides.
//!
//! Lists nest (the arguments of a call hold calls), yet each must be one run in the flat store.
//! So elements wait on a stage until their list ends and then move over together; no list has
//! storage of its own. Names and literals are stored once per file. Trees are kept shallow
//! enough that whoever walks them may recurse.

use std::hash::Hasher;
use std::ops::Range;

use rustc_hash::FxHasher;

use super::facts::{
    Expr, ExprId, Exprs, Facts, Field, Func, FuncId, Lang, Param, Problem, Stmt, StmtId, Stmts, Sym,
    TypeDecl, TypeId, TypeKind,
};

/// No expression is deeper than this. A longer chain (`"a" + "b" + …` in generated code) has its
/// far end replaced by [`Expr::Unknown`]; the pieces stay in the arena.
pub const MAX_HEIGHT: u16 = 1000;

/// No file reports more problems than this.
pub const MAX_PROBLEMS: usize = 20;

/// Where a list began on the stage.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

/// The height reached outside a nested function, to be handed back when it ends.
#[derive(Clone, Copy, Debug)]
pub struct Outer(u16);

/// Stores each text of a file once.
#[derive(Debug)]
struct Interner {
    /// Open addressing over (hash, symbol); symbol 0 marks a free slot.
    slots: Vec<(u32, u32)>,
    used: usize,
}

impl Interner {
    /// Sized so that most files never grow it.
    fn new(size: usize) -> Self {
        let slots = (size / 16).next_power_of_two().clamp(64, 4096);
        Interner { slots: vec![(0, 0); slots], used: 0 }
    }

    fn intern(&mut self, facts: &mut Facts, bytes: &[u8]) -> Sym {
        if bytes.is_empty() {
            return Sym::EMPTY;
        }
        let hash = hash(bytes);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let (seen, sym) = self.slots[at];
            if sym == 0 {
                return self.insert(facts, bytes, hash, at);
            }
            if seen == hash && facts.text(Sym(sym)).as_bytes() == bytes {
                return Sym(sym);
            }
            at = (at + 1) & mask;
        }
    }

    fn insert(&mut self, facts: &mut Facts, bytes: &[u8], hash: u32, at: usize) -> Sym {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return self.intern(facts, String::from_utf8_lossy(bytes).as_bytes());
        };
        let sym = facts.push_text(text);
        self.slots[at] = (hash, sym.0);
        self.used += 1;
        if self.used * 2 > self.slots.len() {
            self.grow();
        }
        sym
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); mask + 1]);
        for entry in old.into_iter().filter(|entry| entry.1 != 0) {
            let mut at = entry.0 as usize & mask;
            while self.slots[at].1 != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = entry;
        }
    }
}

fn hash(bytes: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish() as u32
}

/// A [`Facts`] in the making.
#[derive(Debug)]
pub struct Builder {
    /// What has been said so far. Front ends push imports, globals and directives directly.
    pub facts: Facts,
    interner: Interner,
    exprs: Vec<ExprId>,
    stmts: Vec<StmtId>,
    params: Vec<Param>,
    fields: Vec<Field>,
    heights: Vec<u16>,
    high: u16,
    temporaries: u32,
}

impl Builder {
    /// An empty file; `size` is how many bytes will be read closely and sizes the arenas.
    pub fn new(lang: Lang, size: usize) -> Self {
        let mut facts = Facts::new(lang);
        facts.exprs.reserve(size / 12);
        facts.expr_pos.reserve(size / 12);
        facts.expr_lists.reserve(size / 24);
        facts.stmts.reserve(size / 96);
        facts.stmt_pos.reserve(size / 96);
        facts.stmt_lists.reserve(size / 96);
        Builder {
            facts,
            interner: Interner::new(size),
            exprs: Vec::with_capacity(64),
            stmts: Vec::with_capacity(64),
            params: Vec::with_capacity(16),
            fields: Vec::with_capacity(32),
            heights: Vec::with_capacity(size / 12),
            high: 0,
            temporaries: 0,
        }
    }

    /// The finished file.
    pub fn finish(self) -> Facts {
        self.facts
    }

    /// The symbol of a text; what is not UTF-8 is replaced.
    pub fn intern(&mut self, bytes: &[u8]) -> Sym {
        self.interner.intern(&mut self.facts, bytes)
    }

    /// A name nothing in the source has.
    pub fn temporary(&mut self, what: &str) -> Sym {
        self.temporaries += 1;
        let text = format!("{what}${}", self.temporaries);
        self.intern(text.as_bytes())
    }

    /// Records a problem, unless there are enough of them.
    pub fn problem(&mut self, message: impl Into<String>, pos: u32) {
        if self.facts.problems.len() < MAX_PROBLEMS {
            self.facts.problems.push(Problem { message: message.into(), pos });
        }
    }

    /// Adds an expression that holds no other.
    pub fn leaf(&mut self, expr: Expr, pos: u32) -> ExprId {
        self.raw(expr, pos, 1)
    }

    /// Adds an expression.
    pub fn expr(&mut self, expr: Expr, pos: u32) -> ExprId {
        let height = self.below(expr).saturating_add(1);
        if height > MAX_HEIGHT { self.raw(Expr::Unknown, pos, 1) } else { self.raw(expr, pos, height) }
    }

    fn raw(&mut self, expr: Expr, pos: u32, height: u16) -> ExprId {
        let id = ExprId(self.facts.exprs.len() as u32);
        self.facts.exprs.push(expr);
        self.facts.expr_pos.push(pos);
        self.heights.push(height);
        self.high = self.high.max(height);
        id
    }

    /// The height of the highest expression inside `expr`.
    fn below(&self, expr: Expr) -> u16 {
        match expr {
            Expr::Field { base, .. }
            | Expr::Slice(base)
            | Expr::SliceType(base)
            | Expr::ChanType(base)
            | Expr::Unary { operand: base, .. } => self.height(base),
            Expr::Index { base, args }
            | Expr::Call { callee: base, args, .. }
            | Expr::Composite { ty: base, entries: args } => self.height(base).max(self.highest(args)),
            Expr::Template(parts) => self.highest(parts),
            Expr::Conditional { cond, then, otherwise } => {
                self.height(cond).max(self.height(then)).max(self.height(otherwise))
            }
            Expr::Binary { left, right, .. } => self.height(left).max(self.height(right)),
            Expr::Assert { value, ty } => self.height(value).max(self.height(ty)),
            Expr::MapType { key, value } => self.height(key).max(self.height(value)),
            Expr::Closure(_) | Expr::FuncType(_) | Expr::InlineType(_) | Expr::Block(_) => self.high,
            _ => 0,
        }
    }

    fn height(&self, id: ExprId) -> u16 {
        self.heights.get(id.0 as usize).copied().unwrap_or(0)
    }

    fn highest(&self, list: Exprs) -> u16 {
        self.facts.list(list).iter().map(|&id| self.height(id)).max().unwrap_or(0)
    }

    /// Begins something that is an expression and holds statements, parameters or fields.
    pub fn open(&mut self) -> Outer {
        Outer(std::mem::take(&mut self.high))
    }

    /// Ends what [`Builder::open`] began by adding it.
    pub fn close(&mut self, outer: Outer, expr: Expr, pos: u32) -> ExprId {
        let id = self.expr(expr, pos);
        self.high = self.height(id).max(outer.0);
        id
    }

    /// Adds a statement.
    pub fn stmt(&mut self, stmt: Stmt, pos: u32) -> StmtId {
        let id = StmtId(self.facts.stmts.len() as u32);
        self.facts.stmts.push(stmt);
        self.facts.stmt_pos.push(pos);
        id
    }

    /// Begins a list of expressions.
    pub fn begin_exprs(&self) -> Mark {
        Mark(self.exprs.len())
    }

    /// Puts an expression at the end of the list begun last.
    pub fn stage_expr(&mut self, id: ExprId) {
        self.exprs.push(id);
    }

    /// Ends a list of expressions.
    pub fn end_exprs(&mut self, mark: Mark) -> Exprs {
        let len = self.exprs.len() - mark.0;
        if len == 0 {
            return Exprs::default();
        }
        let start = self.facts.expr_lists.len() as u32;
        self.facts.expr_lists.extend(self.exprs.drain(mark.0..));
        Exprs { start, len: len as u32 }
    }

    /// A list of one expression.
    pub fn single(&mut self, id: ExprId) -> Exprs {
        let start = self.facts.expr_lists.len() as u32;
        self.facts.expr_lists.push(id);
        Exprs { start, len: 1 }
    }

    /// Begins a list of statements.
    pub fn begin_stmts(&self) -> Mark {
        Mark(self.stmts.len())
    }

    /// Puts a statement at the end of the list begun last.
    pub fn stage_stmt(&mut self, id: StmtId) {
        self.stmts.push(id);
    }

    /// Ends a list of statements.
    pub fn end_stmts(&mut self, mark: Mark) -> Stmts {
        let len = self.stmts.len() - mark.0;
        if len == 0 {
            return Stmts::default();
        }
        let start = self.facts.stmt_lists.len() as u32;
        self.facts.stmt_lists.extend(self.stmts.drain(mark.0..));
        Stmts { start, len: len as u32 }
    }

    /// A list of one statement.
    pub fn single_stmt(&mut self, id: StmtId) -> Stmts {
        let start = self.facts.stmt_lists.len() as u32;
        self.facts.stmt_lists.push(id);
        Stmts { start, len: 1 }
    }

    /// Begins a list of parameters.
    pub fn begin_params(&self) -> Mark {
        Mark(self.params.len())
    }

    /// Puts a parameter at the end of the list begun last.
    pub fn stage_param(&mut self, param: Param) {
        self.params.push(param);
    }

    /// The parameters staged since `mark`, to be put right before the list ends.
    pub fn staged_params(&mut self, mark: Mark) -> &mut [Param] {
        &mut self.params[mark.0..]
    }

    /// Ends a list of parameters.
    pub fn end_params(&mut self, mark: Mark) -> Range<u32> {
        let start = self.facts.params.len() as u32;
        self.facts.params.extend(self.params.drain(mark.0..));
        start..self.facts.params.len() as u32
    }

    /// Begins the fields of a struct.
    pub fn begin_fields(&self) -> Mark {
        Mark(self.fields.len())
    }

    /// Puts a field at the end of the struct begun last.
    pub fn stage_field(&mut self, field: Field) {
        self.fields.push(field);
    }

    /// The fields staged since `mark`.
    pub fn staged_fields(&mut self, mark: Mark) -> &mut [Field] {
        &mut self.fields[mark.0..]
    }

    /// Ends the fields of a struct.
    pub fn end_fields(&mut self, mark: Mark) -> Range<u32> {
        let start = self.facts.fields.len() as u32;
        self.facts.fields.extend(self.fields.drain(mark.0..));
        start..self.facts.fields.len() as u32
    }

    /// Reserves a function, so that it comes before those inside it; fill it when it is known.
    pub fn func(&mut self, name: Sym, pos: u32) -> FuncId {
        let id = FuncId(self.facts.funcs.len() as u32);
        self.facts.funcs.push(Func {
            name,
            owner: Sym::EMPTY,
            parent: None,
            receiver: None,
            type_params: 0..0,
            params: 0..0,
            results: 0..0,
            body: None,
            decorators: Exprs::default(),
            getter: false,
            pos,
            end: pos,
        });
        id
    }

    /// A reserved function.
    pub fn func_mut(&mut self, id: FuncId) -> &mut Func {
        &mut self.facts.funcs[id.0 as usize]
    }

    /// Reserves a type, so that it comes before those inside it; fill it when it is known.
    pub fn type_decl(&mut self, name: Sym, scope: Option<FuncId>, pos: u32) -> TypeId {
        let id = TypeId(self.facts.types.len() as u32);
        self.facts.types.push(TypeDecl {
            name,
            kind: TypeKind::Defined,
            type_params: 0..0,
            fields: 0..0,
            methods: Vec::new(),
            embeds: Exprs::default(),
            implements: Exprs::default(),
            decorators: Exprs::default(),
            underlying: ExprId::NONE,
            scope,
            pos,
        });
        id
    }

    /// A reserved type.
    pub fn type_mut(&mut self, id: TypeId) -> &mut TypeDecl {
        &mut self.facts.types[id.0 as usize]
    }
}
