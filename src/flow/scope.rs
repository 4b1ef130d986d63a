//! Scopes: what the local names of each function are bound to.
//!
//! Order matters more than nesting: a use sees the nearest definition before it, which is right
//! for all but contrived shadowing and needs no block structure.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::syntax::facts::{AssignOp, Expr, ExprId, Exprs, Facts, FuncId, Lang, Stmt, StmtId, Stmts, Sym};

/// How a local name comes to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DefKind {
    /// The n-th parameter.
    Param(u32),
    /// The receiver.
    Receiver,
    /// A named result.
    Result(u32),
    /// The n-th value of an expression (0 unless a call gives several).
    Value(ExprId, u32),
    /// Declared with a type and no value.
    Typed(ExprId),
    /// Key of a range loop.
    RangeKey(ExprId),
    /// Element of a range loop.
    RangeElement(ExprId),
    /// Bound by a type switch to the subject, as this type.
    Narrowed(ExprId, ExprId),
}

/// A definition of a local name.
#[derive(Clone, Copy, Debug)]
pub struct Def {
    /// Name.
    pub name: Sym,
    /// Byte offset from which it holds.
    pub pos: u32,
    /// What it is bound to.
    pub kind: DefKind,
    /// A plain `=` to a name defined before.
    pub reassigned: bool,
    /// Inside a branch or loop: the name may hold what it held before.
    pub nested: bool,
    /// The type it is declared with beside its value, or [`ExprId::NONE`].
    pub ty: ExprId,
}

/// `x.field = value` and `x[key] = value`.
#[derive(Clone, Copy, Debug)]
pub struct Write {
    /// The assigned field or element expression.
    pub target: ExprId,
    /// The value.
    pub value: ExprId,
    /// Which value of a call that gives several.
    pub index: u32,
    /// Byte offset.
    pub pos: u32,
    /// It stands in a branch or loop.
    pub nested: bool,
}

/// Something put into a list or map: `list.push(value)`, `map.set(key, value)`, `map[key] = value`.
#[derive(Clone, Copy, Debug)]
pub struct Put {
    /// The list or map.
    pub base: ExprId,
    /// The key, or [`ExprId::NONE`].
    pub key: ExprId,
    /// The value.
    pub value: ExprId,
}

/// A map that a statement gives to a call, which may put something into it (`routes.Add(handlers)`).
#[derive(Clone, Copy, Debug)]
pub struct Lent {
    /// Its name.
    pub name: Sym,
    /// The call.
    pub call: ExprId,
    /// Which argument it is.
    pub argument: u32,
    /// Byte offset.
    pub pos: u32,
}

/// Locals of one function.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// In order of position.
    pub defs: Vec<Def>,
    /// In order of position.
    pub writes: Vec<Write>,
    /// In order of position.
    pub lent: Vec<Lent>,
    /// Returned value lists.
    pub returns: Vec<Exprs>,
    /// How many branches and loops are open while it is filled.
    level: u32,
}

impl Scope {
    /// The definition of `name` that a use at `pos` sees.
    pub fn find(&self, name: Sym, pos: u32) -> Option<&Def> {
        self.defs.iter().take_while(|def| def.pos <= pos).filter(|def| def.name == name).last()
    }
}

/// A function that a file adds to what a library makes (`schema.statics.find = function () {}`).
#[derive(Clone, Copy, Debug)]
pub struct Added {
    /// What it is added to.
    pub to: ExprId,
    /// Its name there.
    pub name: Sym,
    /// The function.
    pub func: FuncId,
}

/// Under which names a library keeps the functions that are added to what it makes.
const ADDS: [&str; 3] = ["statics", "methods", "prototype"];

/// The functions that a file adds to what libraries make.
pub fn added(facts: &Facts) -> Vec<Added> {
    let of = |stmt: &Stmt| {
        let Stmt::Assign { targets, values, op: AssignOp::Set, .. } = *stmt else { return None };
        let (&[target], &[value]) = (facts.list(targets), facts.list(values)) else { return None };
        let Expr::Field { base, name } = facts.expr(target) else { return None };
        let Expr::Field { base: to, name: kept } = facts.expr(base) else { return None };
        let Expr::Closure(func) = facts.expr(value) else { return None };
        ADDS.contains(&facts.text(kept)).then_some(Added { to, name, func })
    };
    facts.stmts.iter().filter_map(of).collect()
}

/// The scopes of a file's functions.
pub fn scopes(facts: &Facts) -> Vec<Scope> {
    (0..facts.funcs.len()).map(|i| scope(facts, FuncId(i as u32))).collect()
}

/// The closures that are given to a call as an argument, with the call. Where parameters have types
/// of their own, nobody asks.
pub fn callbacks(facts: &Facts) -> FxHashMap<FuncId, ExprId> {
    let mut found = FxHashMap::default();
    if !facts.lang.files_are_modules() {
        return found;
    }
    for (i, expr) in facts.exprs.iter().enumerate() {
        let Expr::Call { args, .. } = *expr else { continue };
        for &arg in facts.list(args) {
            if let Expr::Closure(func) = facts.expr(arg) {
                found.insert(func, ExprId(i as u32));
            }
        }
    }
    found
}

/// What methods put into the fields of their object (`this.consumer = kafka.consumer()`), by the names of
/// the class and the field.
pub fn given(facts: &Facts, scopes: &[Scope]) -> FxHashMap<(String, String), Vec<ExprId>> {
    let mut found: FxHashMap<(String, String), Vec<ExprId>> = FxHashMap::default();
    if facts.lang != Lang::TypeScript {
        return found;
    }
    for (at, scope) in scopes.iter().enumerate() {
        let mut method = FuncId(at as u32);
        while let Some(parent) = facts.func(method).parent {
            method = parent;
        }
        let class = facts.text(facts.func(method).owner);
        for write in scope.writes.iter().filter(|write| !class.is_empty() && write.index == 0) {
            if let Expr::Field { base, name } = facts.expr(write.target)
                && matches!(facts.expr(base), Expr::Name(this) if facts.text(this) == "this")
            {
                let key = (class.to_owned(), facts.text(name).to_owned());
                found.entry(key).or_default().push(write.value);
            }
        }
    }
    found
}

/// What a file puts into lists and maps, by the name of the local or field that keeps them. Go has
/// statements for it, which [`Scope::writes`] and `append` tell.
pub fn stores(facts: &Facts) -> FxHashMap<Sym, Vec<Put>> {
    let mut found: FxHashMap<Sym, Vec<Put>> = FxHashMap::default();
    if !facts.lang.files_are_modules() {
        return found;
    }
    let mut put = |put: Put| {
        if let Expr::Name(name) | Expr::Field { name, .. } = facts.expr(put.base) {
            found.entry(name).or_default().push(put);
        }
    };
    for stmt in &facts.stmts {
        match *stmt {
            Stmt::Expr(expr) => {
                let Expr::Call { callee, args, .. } = facts.expr(expr) else { continue };
                let Expr::Field { base, name } = facts.expr(callee) else { continue };
                match (facts.text(name), facts.list(args)) {
                    ("set" | "insert", &[key, value]) => put(Put { base, key, value }),
                    ("push" | "unshift" | "add" | "push_back", values) => {
                        for &value in values {
                            put(Put { base, key: ExprId::NONE, value });
                        }
                    }
                    _ => {}
                }
            }
            Stmt::Assign { targets, values, op: AssignOp::Set, .. } => {
                if let (&[target], &[value]) = (facts.list(targets), facts.list(values))
                    && let Expr::Index { base, args } = facts.expr(target)
                    && let &[key] = facts.list(args)
                {
                    put(Put { base, key, value });
                }
            }
            _ => {}
        }
    }
    found
}

/// What the start of a package adds to its lists (`func init() { factories = append(factories, mail) }`),
/// by name. Whether that is one of the package is for others to say.
pub fn appended(facts: &Facts) -> Vec<(Sym, ExprId)> {
    let mut found = Vec::new();
    for func in facts.funcs.iter().filter(|func| facts.text(func.name) == "init" && func.receiver.is_none()) {
        if facts.lang.files_are_modules() {
            continue;
        }
        for &id in func.body.map_or(&[][..], |body| facts.block(body)) {
            let Stmt::Assign { targets, values, .. } = facts.stmt(id) else { continue };
            let (&[target], &[value]) = (facts.list(targets), facts.list(values)) else { continue };
            let Expr::Call { callee, args, spread: false } = facts.expr(value) else { continue };
            let (Expr::Name(list), Expr::Name(append)) = (facts.expr(target), facts.expr(callee)) else {
                continue;
            };
            let Some((&first, items)) = facts.list(args).split_first() else { continue };
            if facts.text(append) == "append" && facts.expr(first) == Expr::Name(list) {
                found.extend(items.iter().map(|&item| (list, item)));
            }
        }
    }
    found
}

fn scope(facts: &Facts, id: FuncId) -> Scope {
    let func = facts.func(id);
    let mut scope = Scope::default();
    let Some(body) = func.body else { return scope };
    if let Some(receiver) = func.receiver {
        push(&mut scope, facts.params[receiver as usize].name, func.pos, DefKind::Receiver);
    }
    for (i, param) in facts.params(&func.params).iter().enumerate() {
        push(&mut scope, param.name, func.pos, DefKind::Param(i as u32));
    }
    for (i, param) in facts.params(&func.results).iter().enumerate() {
        push(&mut scope, param.name, func.pos, DefKind::Result(i as u32));
    }
    visit_block(facts, body, &mut scope);
    scope.defs.sort_by_key(|d| d.pos);
    scope
}

fn push(scope: &mut Scope, name: Sym, pos: u32, kind: DefKind) {
    if !name.is_empty() {
        scope.defs.push(Def { name, pos, kind, reassigned: false, nested: false, ty: ExprId::NONE });
    }
}

fn visit_block(facts: &Facts, block: Stmts, scope: &mut Scope) {
    for &id in facts.block(block) {
        visit(facts, id, scope);
    }
}

fn visit(facts: &Facts, id: StmtId, scope: &mut Scope) {
    let pos = facts.stmt_pos[id.0 as usize];
    let opens = matches!(
        facts.stmt(id),
        Stmt::If { .. } | Stmt::Loop { .. } | Stmt::Switch { .. } | Stmt::Try { .. }
    );
    scope.level += u32::from(opens);
    visit_inside(facts, id, pos, scope);
    scope.level -= u32::from(opens);
}

fn visit_inside(facts: &Facts, id: StmtId, pos: u32, scope: &mut Scope) {
    match facts.stmt(id) {
        Stmt::Assign { targets, values, ty, op } => assign(facts, pos, (targets, values), ty, op, scope),
        Stmt::If { init, then, otherwise, .. } => {
            visit_opt(facts, init, scope);
            visit_block(facts, then, scope);
            visit_block(facts, otherwise, scope);
        }
        Stmt::Loop { targets, over, init, post, body, .. } => {
            visit_opt(facts, init, scope);
            if !over.is_none() {
                for (i, &target) in facts.list(targets).iter().enumerate() {
                    if let Expr::Name(name) = facts.expr(target) {
                        let kind = if i == 0 { DefKind::RangeKey(over) } else { DefKind::RangeElement(over) };
                        push(scope, name, pos, kind);
                    }
                }
            }
            visit_opt(facts, post, scope);
            visit_block(facts, body, scope);
        }
        Stmt::Switch { init, subject, binding, cases } => {
            visit_opt(facts, init, scope);
            for &case in facts.block(cases) {
                if let Stmt::Case { values, comm, body } = facts.stmt(case) {
                    if !binding.is_empty() {
                        let value = match facts.expr(subject) {
                            Expr::Assert { value, .. } => value,
                            _ => subject,
                        };
                        let kind = match facts.list(values) {
                            [ty] => DefKind::Narrowed(value, *ty),
                            _ => DefKind::Value(value, 0),
                        };
                        push(scope, binding, facts.stmt_pos[case.0 as usize], kind);
                    }
                    visit_opt(facts, comm, scope);
                    visit_block(facts, body, scope);
                }
            }
        }
        Stmt::Case { comm, body, .. } => {
            visit_opt(facts, comm, scope);
            visit_block(facts, body, scope);
        }
        Stmt::Return(values) => scope.returns.push(values),
        Stmt::Block(block) => visit_block(facts, block, scope),
        Stmt::Try { body, binding, handler, finalizer } => {
            visit_block(facts, body, scope);
            if let Some(&first) = facts.block(handler).first() {
                push(scope, binding, facts.stmt_pos[first.0 as usize], DefKind::Typed(ExprId::NONE));
            }
            visit_block(facts, handler, scope);
            visit_block(facts, finalizer, scope);
        }
        Stmt::Expr(expr) => lend(facts, expr, pos, scope),
        Stmt::Spawn(_) | Stmt::Defer(_) | Stmt::Send { .. } | Stmt::Jump(_) | Stmt::Throw(_) => {}
    }
}

/// Notes what a call is given that may be a map: a parameter, or what was made as one. In the languages
/// whose files are modules, [`stores`] tells what is put into it.
fn lend(facts: &Facts, call: ExprId, pos: u32, scope: &mut Scope) {
    let Expr::Call { args, .. } = facts.expr(call) else { return };
    if facts.lang.files_are_modules() {
        return;
    }
    for (argument, &arg) in facts.list(args).iter().enumerate() {
        let Expr::Name(name) = facts.expr(arg) else { continue };
        let made = |kind| match kind {
            DefKind::Param(_) | DefKind::Typed(_) => true,
            DefKind::Value(value, _) => match facts.expr(value) {
                Expr::Call { callee, .. } => {
                    matches!(facts.expr(callee), Expr::Name(made) if facts.text(made) == "make")
                }
                Expr::Composite { .. } => true,
                _ => false,
            },
            _ => false,
        };
        if scope.defs.iter().any(|def| def.name == name && made(def.kind)) {
            scope.lent.push(Lent { name, call, argument: argument as u32, pos });
        }
    }
}

fn visit_opt(facts: &Facts, id: Option<StmtId>, scope: &mut Scope) {
    if let Some(id) = id {
        visit(facts, id, scope);
    }
}

fn assign(
    facts: &Facts,
    pos: u32,
    (targets, values): (Exprs, Exprs),
    ty: ExprId,
    op: AssignOp,
    scope: &mut Scope,
) {
    let targets = facts.list(targets);
    let values = facts.list(values);
    if let &[value] = values {
        lend(facts, value, pos, scope);
    }
    if !matches!(op, AssignOp::Set | AssignOp::Define) {
        return;
    }
    for (i, &target) in targets.iter().enumerate() {
        let value = if values.len() == targets.len() {
            Some((values[i], 0))
        } else {
            values.first().map(|&v| (v, i as u32))
        };
        match facts.expr(target) {
            Expr::Name(name) => {
                let kind = match value {
                    _ if !ty.is_none() && value.is_none() => DefKind::Typed(ty),
                    Some((expr, index)) => DefKind::Value(expr, index),
                    None => DefKind::Typed(ty),
                };
                // A name holds its new value only after the statement, so that `x := f(x)` sees
                // the old one: the definition is placed behind the value's last expression. What a
                // pattern takes apart has no name of its own and is used before that.
                let mut from = pos;
                if let Some((expr, _)) = value.filter(|_| !facts.is_temporary(name)) {
                    super::walk::exprs(facts, expr, &mut |e| {
                        from = from.max(facts.expr_pos[e.0 as usize]);
                    });
                }
                scope.defs.push(Def {
                    name,
                    pos: from + 1,
                    kind,
                    reassigned: op == AssignOp::Set,
                    nested: scope.level > 0,
                    ty,
                });
            }
            Expr::Field { .. } | Expr::Index { .. } | Expr::Unary { .. } => {
                if let Some((value, index)) = value {
                    scope.writes.push(Write { target, value, index, pos, nested: scope.level > 0 });
                }
            }
            _ => {}
        }
    }
}

/// Locals that are used as errors are, where a language has a type for errors: given back as a
/// function's error, asked for their text, given to what speaks of errors (`errors.Is`,
/// `fmt.Errorf`, `log.Error`). What a library gave them says nothing of its type.
pub fn errors(facts: &Facts, owners: &[u32], scopes: &[Scope]) -> FxHashSet<(FuncId, Sym)> {
    let mut found = FxHashSet::default();
    if facts.lang != Lang::Go {
        return found;
    }
    let mut note = |owner: FuncId, expr: ExprId| {
        let Expr::Name(name) = facts.expr(expr) else { return };
        let mut around = Some(owner);
        while let Some(func) = around {
            found.insert((func, name));
            around = facts.func(func).parent;
        }
    };
    for (i, expr) in facts.exprs.iter().enumerate() {
        let Expr::Call { callee, args, .. } = *expr else { continue };
        if owners[i] == u32::MAX {
            continue;
        }
        let owner = FuncId(owners[i]);
        let Expr::Field { base, name } = facts.expr(callee) else { continue };
        let name = facts.text(name);
        if name == "Error" && args.len == 0 {
            note(owner, base);
        }
        let of_errors = matches!(facts.expr(base), Expr::Name(package) if facts.text(package) == "errors");
        if of_errors || name.to_ascii_lowercase().contains("err") {
            facts.list(args).iter().for_each(|&arg| note(owner, arg));
        }
    }
    for (i, scope) in scopes.iter().enumerate() {
        let func = FuncId(i as u32);
        let results = facts.params(&facts.func(func).results);
        let gives = |at: usize| {
            results.get(at).is_some_and(
                |result| matches!(facts.expr(result.ty), Expr::Name(name) if facts.text(name) == "error"),
            )
        };
        for values in &scope.returns {
            let values = facts.list(*values).iter().enumerate();
            values.filter(|(at, _)| gives(*at)).for_each(|(_, &value)| note(func, value));
        }
    }
    found
}

/// The function each expression of a file stands in (`u32::MAX` at file level).
pub fn owners(facts: &Facts) -> Vec<u32> {
    let mut owners = vec![u32::MAX; facts.exprs.len()];
    for (i, func) in facts.funcs.iter().enumerate() {
        if let Some(body) = func.body {
            own_block(facts, body, i as u32, &mut owners);
        }
    }
    owners
}

fn own_block(facts: &Facts, block: Stmts, owner: u32, owners: &mut [u32]) {
    for &id in facts.block(block) {
        super::walk::exprs_of_stmt(facts, id, &mut |expr| owners[expr.0 as usize] = owner);
    }
}
