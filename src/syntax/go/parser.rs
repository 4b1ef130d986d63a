//! Tokens to facts, by recursive descent.
//!
//! An error freezes the parser: the current token becomes [`Kind::Stop`], which nothing expects,
//! so every construct on the way out ends at once and without a word. The nearest list of
//! statements or declarations thaws it and goes on behind the broken part (`recover`).

mod decls;
mod exprs;
mod recover;
mod stmts;
mod types;

use std::fmt::Display;

use memchr::{memchr_iter, memmem};

use super::Bodies;
use super::lexer::{Fault, Kind, Lexer, Token};
use super::literal::{unquote, unquote_raw};
use crate::syntax::build::Builder;
use crate::syntax::facts::{Directive, Expr, ExprId, Facts, FuncId, Lang, Sym};

/// How deep constructs may nest. Go's own tools allow more; people do not write it.
const MAX_NESTING: u32 = 256;

/// What a comment that speaks to the tool contains.
const DIRECTIVES: [&[u8]; 2] = [b"flowaudit:", b"//go:embed "];

/// See [`super::parse`].
pub(super) fn parse(source: &[u8], bodies: Bodies) -> Facts {
    if u32::try_from(source.len()).is_err() {
        let mut builder = Builder::new(Lang::Go, 0);
        builder.problem("file is larger than 4 GiB", 0);
        return builder.finish();
    }
    let read_closely = match bodies {
        Bodies::Full => source.len(),
        Bodies::Skip => source.len() / 4,
    };
    let mut parser = Parser {
        source,
        lexer: Lexer::new(source),
        token: Token { kind: Kind::Stop, start: 0, end: 0 },
        held: Kind::Stop,
        last_end: 0,
        b: Builder::new(Lang::Go, read_closely),
        bodies,
        nesting: 0,
        braces: 0,
        header: false,
        leaving: false,
        func: None,
    };
    parser.b.facts.lines.extend(memchr_iter(b'\n', source).map(|at| at as u32 + 1));
    parser.directives();
    parser.read();
    parser.file();
    parser.b.finish()
}

struct Parser<'a> {
    source: &'a [u8],
    lexer: Lexer<'a>,
    token: Token,
    /// While frozen, the kind of the current token.
    held: Kind,
    /// Where the token before the current one ended.
    last_end: u32,
    b: Builder,
    bodies: Bodies,
    nesting: u32,
    /// Braces opened and not closed in the current declaration.
    braces: u32,
    /// Between `if`, `for` or `switch` and its block, where `T {` does not begin a literal.
    header: bool,
    /// Frozen, and on the way out of the whole declaration.
    leaving: bool,
    /// The function whose body is being read.
    func: Option<FuncId>,
}

impl Parser<'_> {
    /// Takes note of comments that speak to the tool, or say which file a variable holds. Rare, so it
    /// is a pass of its own.
    fn directives(&mut self) {
        let speaks = |text: &[u8]| DIRECTIVES.iter().any(|mark| memmem::find(text, mark).is_some());
        if !speaks(self.source) {
            return;
        }
        let mut lexer = Lexer::new(self.source);
        while let Some(range) = lexer.next_comment() {
            let comment = &self.source[range.clone()];
            if speaks(comment) {
                let text = String::from_utf8_lossy(comment).trim_end().to_owned();
                self.b.facts.directives.push(Directive { text, pos: range.start as u32 });
            }
        }
    }

    /// The kind of the current token.
    fn kind(&self) -> Kind {
        self.token.kind
    }

    fn at(&self, kind: Kind) -> bool {
        self.token.kind == kind
    }

    /// Offset of the current token.
    fn pos(&self) -> u32 {
        self.token.start
    }

    fn frozen(&self) -> bool {
        self.token.kind == Kind::Stop
    }

    /// Steps to the next token.
    fn next(&mut self) {
        match self.token.kind {
            Kind::Stop => return,
            Kind::LBrace => self.braces += 1,
            Kind::RBrace => self.braces = self.braces.saturating_sub(1),
            _ => {}
        }
        self.last_end = self.token.end;
        self.read();
    }

    /// Reads a token over the current one.
    fn read(&mut self) {
        self.token = self.lexer.next();
        if let Some(Fault { message, pos }) = self.lexer.fault.take() {
            self.b.problem(message, pos);
        }
    }

    /// Steps over the current token if it is of this kind.
    fn eat(&mut self, kind: Kind) -> bool {
        let found = self.at(kind);
        if found {
            self.next();
        }
        found
    }

    /// Steps over a token that must be here.
    fn expect(&mut self, kind: Kind, name: &str) -> bool {
        let found = self.eat(kind);
        if !found {
            self.fail(name);
        }
        found
    }

    /// The token after the current one.
    fn peek(&self) -> Token {
        self.lexer.clone().next()
    }

    fn bytes(&self, token: Token) -> &[u8] {
        &self.source[token.start as usize..token.end as usize]
    }

    /// Reports what was expected instead of the current token, and freezes.
    fn fail(&mut self, expected: impl Display) {
        if !self.frozen() {
            let message = format!("expected {expected}, found {}", self.found());
            self.freeze(message);
        }
    }

    fn freeze(&mut self, message: String) {
        self.b.problem(message, self.token.start);
        self.held = self.token.kind;
        self.token.kind = Kind::Stop;
    }

    /// The current token in words.
    fn found(&self) -> String {
        let text = String::from_utf8_lossy(self.bytes(self.token));
        match self.token.kind {
            Kind::Eof => "the end of the file".to_owned(),
            Kind::Semi if text == ";" => "`;`".to_owned(),
            Kind::Semi => "the end of the line".to_owned(),
            Kind::Str | Kind::RawStr => "a string".to_owned(),
            _ if text.chars().count() > 40 => {
                format!("`{}…`", text.chars().take(40).collect::<String>())
            }
            _ => format!("`{text}`"),
        }
    }

    /// One level deeper; false, with a problem, when that is too deep. Always pair with `leave`.
    fn enter(&mut self) -> bool {
        self.nesting += 1;
        if self.nesting > MAX_NESTING && !self.frozen() {
            self.freeze(format!("nested more than {MAX_NESTING} levels deep; not read"));
        }
        !self.frozen()
    }

    fn leave(&mut self) {
        self.nesting -= 1;
    }

    /// Runs `inside` where brackets lift the restriction of a header.
    fn bracketed<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        let header = std::mem::replace(&mut self.header, false);
        let value = inside(self);
        self.header = header;
        value
    }

    /// A name that must be here, else the empty one.
    fn name(&mut self, expected: &str) -> Sym {
        if self.at(Kind::Ident) {
            let sym = self.b.intern(&self.source[self.token.start as usize..self.token.end as usize]);
            self.next();
            return sym;
        }
        self.fail(expected);
        Sym::EMPTY
    }

    /// The current token, a string literal.
    fn string(&mut self) -> Sym {
        let bytes = &self.source[self.token.start as usize..self.token.end as usize];
        let text = if self.at(Kind::RawStr) { unquote_raw(bytes) } else { unquote(bytes) };
        let sym = self.b.intern(&text);
        self.next();
        sym
    }

    /// What stands for code that did not parse.
    fn unknown(&mut self) -> ExprId {
        let pos = self.pos();
        self.b.leaf(Expr::Unknown, pos)
    }
}
