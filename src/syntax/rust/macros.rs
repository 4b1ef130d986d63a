//! Macros whose meaning is known; of others the arguments, where they are expressions.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Expr as Code, Token};

use super::body::Tail;
use super::lower::{Lower, start};
use crate::syntax::facts::{AssignOp, Expr, ExprId, Exprs, Stmt, Stmts, Sym};

/// A branch of `select!`.
struct Arm {
    pattern: syn::Pat,
    future: Code,
    body: Code,
}

/// The paths of two and more words in tokens, those in brackets included.
pub(super) fn paths(tokens: &TokenStream, found: &mut Vec<Vec<String>>) {
    use proc_macro2::TokenTree;
    let mut words: Vec<String> = Vec::new();
    let mut colons = 0;
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(word) if colons == 2 => words.push(word.to_string()),
            TokenTree::Punct(punct) if punct.as_char() == ':' && !words.is_empty() && colons < 2 => {
                colons += 1;
                continue;
            }
            other => {
                if words.len() > 1 {
                    found.push(std::mem::take(&mut words));
                }
                words.clear();
                match other {
                    TokenTree::Ident(word) => words.push(word.to_string()),
                    TokenTree::Group(group) => paths(&group.stream(), found),
                    _ => {}
                }
            }
        }
        colons = 0;
    }
    if words.len() > 1 {
        found.push(words);
    }
}

impl Lower<'_> {
    /// A macro where a statement stands.
    pub(super) fn macro_statement(&mut self, mac: &syn::Macro, tail: Tail) {
        let pos = start(mac.path.span());
        match name(mac).as_str() {
            "ensure" => {
                let args = expressions(&mac.tokens);
                let Some(cond) = args.first() else { return };
                let cond = self.expression(cond);
                let cond = self.negated(cond, pos);
                let error = self.macro_call(mac, pos);
                let then = self.nested(|this| this.emit(Stmt::Throw(error), pos));
                self.choose(cond, then, Stmts::default(), pos);
            }
            "bail" | "panic" | "unreachable" | "todo" | "unimplemented" => {
                let value = self.macro_call(mac, pos);
                self.emit(Stmt::Throw(value), pos);
            }
            "select" | "select_biased" => self.select(mac, pos),
            _ => {
                let value = self.macro_value(mac, pos);
                match tail {
                    Tail::Drop => self.emit(Stmt::Expr(value), pos),
                    Tail::Return => {
                        let values = self.b.single(value);
                        self.emit(Stmt::Return(values), pos);
                    }
                    Tail::Hold(held) => self.assign(&[held], value, AssignOp::Set, pos),
                }
            }
        }
    }

    /// A macro where a value stands.
    pub(super) fn macro_value(&mut self, mac: &syn::Macro, pos: u32) -> ExprId {
        match name(mac).as_str() {
            "format" | "format_args" | "concat" => {
                let args = expressions(&mac.tokens);
                self.formatted(&args, pos)
            }
            "vec" => {
                let items: Vec<ExprId> =
                    expressions(&mac.tokens).iter().map(|item| self.expression(item)).collect();
                self.listed(&items, pos)
            }
            "json" => self.json(&mac.tokens, pos),
            "matches" => {
                let parsed = |input: ParseStream| {
                    let value: Code = input.parse()?;
                    input.parse::<Token![,]>()?;
                    let pattern = syn::Pat::parse_multi_with_leading_vert(input)?;
                    let _: TokenStream = input.parse()?;
                    Ok((value, pattern))
                };
                match parsed.parse2(mac.tokens.clone()) {
                    Ok((value, pattern)) => self.matches(&value, &pattern),
                    Err(_) => self.unknown(pos),
                }
            }
            "select" | "select_biased" | "bail" | "ensure" | "panic" | "unreachable" | "todo"
            | "unimplemented" => {
                self.macro_statement(mac, Tail::Drop);
                self.unknown(pos)
            }
            _ => self.macro_call(mac, pos),
        }
    }

    /// A call of what the macro is named, given its arguments.
    fn macro_call(&mut self, mac: &syn::Macro, pos: u32) -> ExprId {
        let callee = self.path(&mac.path);
        let args = self.arguments_in(&mac.tokens);
        self.called(callee, &args, pos)
    }

    /// The arguments in tokens; pairs of name and value are one literal at the end.
    pub(super) fn arguments_in(&mut self, tokens: &TokenStream) -> Vec<ExprId> {
        let mut pairs = Vec::new();
        let mut ids = Vec::new();
        for arg in expressions(tokens) {
            let pos = start(arg.span());
            match &arg {
                Code::Assign(pair) => {
                    let key = match &*pair.left {
                        Code::Path(path) => path.path.get_ident().map(ToString::to_string),
                        _ => None,
                    };
                    let value = self.expression(&pair.right);
                    if let Some(key) = key {
                        let key = self.string(&key, pos);
                        pairs.extend([key, value]);
                    }
                }
                other => ids.push(self.expression(other)),
            }
        }
        if !pairs.is_empty() {
            let pos = start(tokens.span());
            let mark = self.b.begin_exprs();
            for id in pairs {
                self.b.stage_expr(id);
            }
            let entries = self.b.end_exprs(mark);
            ids.push(self.b.expr(Expr::Composite { ty: ExprId::NONE, entries }, pos));
        }
        ids
    }

    /// `format!("a.{}.{name}", b)`: a template of its pieces.
    fn formatted(&mut self, args: &[Code], pos: u32) -> ExprId {
        let Some((first, rest)) = args.split_first() else { return self.unknown(pos) };
        let Some(text) = super::expr::literal_text(first) else { return self.expression(first) };
        let mut given = rest.iter();
        let mut pieces: Vec<ExprId> = Vec::new();
        let mut plain = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '{' if chars.peek() == Some(&'{') => {
                    chars.next();
                    plain.push('{');
                }
                '}' => {
                    chars.next_if_eq(&'}');
                    plain.push('}');
                }
                '{' => {
                    if !plain.is_empty() {
                        let piece = std::mem::take(&mut plain);
                        pieces.push(self.string(&piece, pos));
                    }
                    let inside: String = chars.by_ref().take_while(|&c| c != '}').collect();
                    let named = inside.split(':').next().unwrap_or("").trim();
                    pieces.push(self.placeholder(named, &mut given, rest, pos));
                }
                other => plain.push(other),
            }
        }
        if !plain.is_empty() {
            pieces.push(self.string(&plain, pos));
        }
        if let [only] = pieces[..]
            && matches!(self.b.facts.expr(only), Expr::Str(_))
        {
            return only;
        }
        let mark = self.b.begin_exprs();
        for piece in pieces {
            self.b.stage_expr(piece);
        }
        let parts = self.b.end_exprs(mark);
        self.b.expr(Expr::Template(parts), pos)
    }

    fn placeholder<'c>(
        &mut self,
        named: &str,
        given: &mut impl Iterator<Item = &'c Code>,
        all: &[Code],
        pos: u32,
    ) -> ExprId {
        if named.is_empty() {
            return match given.next() {
                Some(Code::Assign(pair)) => self.expression(&pair.right),
                Some(value) => self.expression(value),
                None => self.unknown(pos),
            };
        }
        if let Ok(index) = named.parse::<usize>() {
            return all.get(index).map_or(ExprId::NONE, |value| self.expression(value));
        }
        let pair = all.iter().find_map(|arg| match arg {
            Code::Assign(pair) => match &*pair.left {
                Code::Path(path) if path.path.is_ident(named) => Some(&pair.right),
                _ => None,
            },
            _ => None,
        });
        match pair {
            Some(value) => self.expression(value),
            None => self.words(&[named.to_owned()], pos),
        }
    }

    /// `json!({ "a": b })` as a literal.
    fn json(&mut self, tokens: &TokenStream, pos: u32) -> ExprId {
        let mut pairs: Vec<(String, TokenStream)> = Vec::new();
        let object = |input: ParseStream| {
            let inside;
            syn::braced!(inside in input);
            while !inside.is_empty() {
                let key: syn::LitStr = inside.parse()?;
                inside.parse::<Token![:]>()?;
                let mut value = TokenStream::new();
                while !inside.is_empty() && !inside.peek(Token![,]) {
                    value.extend(std::iter::once(inside.parse::<proc_macro2::TokenTree>()?));
                }
                let _ = inside.parse::<Option<Token![,]>>()?;
                pairs.push((key.value(), value));
            }
            Ok(())
        };
        if object.parse2(tokens.clone()).is_err() {
            return match syn::parse2::<Code>(tokens.clone()) {
                Ok(value) => self.expression(&value),
                Err(_) => self.unknown(pos),
            };
        }
        let mut entries = Vec::new();
        for (key, value) in pairs {
            let key = self.string(&key, pos);
            let value = self.json(&value, pos);
            entries.extend([key, value]);
        }
        let mark = self.b.begin_exprs();
        for id in entries {
            self.b.stage_expr(id);
        }
        let entries = self.b.end_exprs(mark);
        self.b.expr(Expr::Composite { ty: ExprId::NONE, entries }, pos)
    }

    /// `select!`: a switch whose arms begin with what they wait for.
    fn select(&mut self, mac: &syn::Macro, pos: u32) {
        let Ok(arms) = select_arms.parse2(mac.tokens.clone()) else { return };
        let mark = self.b.begin_stmts();
        for arm in &arms {
            let at = start(arm.pattern.span());
            let body = self.nested(|this| {
                let value = this.subject(&arm.future, &[&arm.pattern]);
                this.bind_tested(&arm.pattern, value);
                this.end_in(&arm.body, Tail::Drop);
            });
            self.emit(Stmt::Case { values: Exprs::default(), comm: None, body }, at);
        }
        let cases = self.b.end_stmts(mark);
        self.emit(Stmt::Switch { init: None, subject: ExprId::NONE, binding: Sym::EMPTY, cases }, pos);
    }
}

fn name(mac: &syn::Macro) -> String {
    mac.path.segments.last().map_or_else(String::new, |last| last.ident.to_string())
}

/// The expressions in tokens, as far as they are a list of such.
fn expressions(tokens: &TokenStream) -> Vec<Code> {
    let list = |input: ParseStream| {
        let mut found = Vec::new();
        while !input.is_empty() {
            // `%error`, `?error`: how tracing is to show a value.
            let _ = input.parse::<Option<Token![%]>>()?;
            let _ = input.parse::<Option<Token![?]>>()?;
            let Ok(value) = input.parse::<Code>() else {
                let _: TokenStream = input.parse()?;
                break;
            };
            found.push(value);
            if input.parse::<Option<Token![,]>>()?.is_none() && input.parse::<Option<Token![;]>>()?.is_none()
            {
                let _: TokenStream = input.parse()?;
            }
        }
        Ok(found)
    };
    list.parse2(tokens.clone()).unwrap_or_default()
}

fn select_arms(input: ParseStream<'_>) -> syn::Result<Vec<Arm>> {
    let mut arms = Vec::new();
    if input.peek(syn::Ident) && input.peek2(Token![;]) {
        input.parse::<syn::Ident>()?;
        input.parse::<Token![;]>()?;
    }
    while !input.is_empty() {
        if input.peek(Token![else]) {
            let _: TokenStream = input.parse()?;
            break;
        }
        let pattern = syn::Pat::parse_multi_with_leading_vert(input)?;
        input.parse::<Token![=]>()?;
        let future: Code = input.parse()?;
        if input.parse::<Option<Token![,]>>()?.is_some() {
            input.parse::<Token![if]>()?;
            input.parse::<Code>()?;
        }
        input.parse::<Token![=>]>()?;
        let body: Code = syn::Expr::parse_with_earlier_boundary_rule(input)?;
        let _ = input.parse::<Option<Token![,]>>()?;
        arms.push(Arm { pattern, future, body });
    }
    Ok(arms)
}
