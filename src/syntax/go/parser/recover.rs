//! Where to go on after an error.

use super::Parser;
use crate::syntax::go::lexer::{Kind, Lexer, Token};

/// How far to look for the shape of a declaration.
const LOOK_AHEAD: usize = 200;

impl Parser<'_> {
    /// After an error in a statement at brace depth `depth`: steps behind it. False when the
    /// list of statements ends here, because the declaration does.
    pub(super) fn next_statement(&mut self, depth: u32) -> bool {
        if self.leaving {
            return false;
        }
        self.token.kind = self.held;
        loop {
            match self.token.kind {
                Kind::Eof => break,
                Kind::RBrace | Kind::Case | Kind::Default if self.braces <= depth => return true,
                Kind::Func if self.declares_function() => break,
                Kind::Type | Kind::Var | Kind::Const if self.starts_line() => break,
                Kind::Semi if self.braces <= depth => {
                    self.next();
                    // No statement begins so: the line belongs to the broken one.
                    if !matches!(self.token.kind, Kind::RParen | Kind::RBrack | Kind::Comma) {
                        return true;
                    }
                    continue;
                }
                _ => {}
            }
            self.next();
        }
        self.abandon();
        false
    }

    /// Freezes, without a problem, up to the list of declarations.
    fn abandon(&mut self) {
        self.held = self.token.kind;
        self.token.kind = Kind::Stop;
        self.leaving = true;
    }

    /// Leaves the body for the declaration at the current token: a brace is missing.
    pub(super) fn missing_brace(&mut self) {
        self.fail("`}` before the next function");
        self.leaving = true;
    }

    /// After an error in a declaration: steps to the next one.
    pub(super) fn next_declaration(&mut self) {
        self.token.kind = self.held;
        self.leaving = false;
        let mut after_end = false;
        loop {
            match self.token.kind {
                Kind::Eof => break,
                Kind::Func if self.declares_function() => break,
                Kind::Import | Kind::Type | Kind::Var | Kind::Const | Kind::Func
                    if self.starts_line() || (after_end && self.braces == 0) =>
                {
                    break;
                }
                _ => {}
            }
            after_end = self.at(Kind::Semi);
            self.next();
        }
        self.braces = 0;
    }

    /// Whether the current token is the first thing on its line, without any indentation.
    fn starts_line(&self) -> bool {
        let start = self.token.start as usize;
        start == 0 || self.source[start - 1] == b'\n'
    }

    /// Whether the `func` here begins a function or method declaration, which no body holds,
    /// and not a literal or a type.
    pub(super) fn declares_function(&self) -> bool {
        let mut lexer = self.lexer.clone();
        match lexer.next().kind {
            Kind::Ident => true,
            Kind::LParen => {
                closing(&mut lexer, Kind::RParen).is_some()
                    && lexer.next().kind == Kind::Ident
                    && lexer.next().kind == Kind::LParen
            }
            _ => false,
        }
    }

    /// Whether the `[` after the name of a type declaration begins type parameters and not an
    /// array. `[P *C]` could be either and is an array; a comma or a type tips it.
    pub(super) fn lists_type_params(&self) -> bool {
        let mut lexer = self.lexer.clone();
        if lexer.next().kind != Kind::Ident {
            return false;
        }
        let mut depth = match lexer.next().kind {
            Kind::Star => 0_u32,
            Kind::LParen => 1,
            Kind::Comma | Kind::Ident | Kind::LBrack | Kind::Tilde | Kind::Arrow => return true,
            kind => return is_type_keyword(kind),
        };
        let mut last = Kind::Stop;
        for _ in 0..LOOK_AHEAD {
            let kind = lexer.next().kind;
            match kind {
                Kind::Eof | Kind::Semi => return false,
                Kind::Comma if depth == 0 => return true,
                Kind::RBrack if last == Kind::LBrack => return true,
                Kind::RBrack if depth == 0 => return false,
                Kind::LParen | Kind::LBrack | Kind::LBrace => depth += 1,
                Kind::RParen | Kind::RBrack | Kind::RBrace => depth = depth.saturating_sub(1),
                Kind::Tilde => return true,
                _ if is_type_keyword(kind) => return true,
                _ => {}
            }
            last = kind;
        }
        false
    }
}

fn is_type_keyword(kind: Kind) -> bool {
    matches!(kind, Kind::Interface | Kind::Struct | Kind::Map | Kind::Chan | Kind::Func)
}

/// Steps `lexer`, which stands behind an opening bracket, behind the closing one.
fn closing(lexer: &mut Lexer<'_>, close: Kind) -> Option<Token> {
    let mut depth = 0_u32;
    for _ in 0..LOOK_AHEAD {
        let token = lexer.next();
        match token.kind {
            Kind::Eof => return None,
            kind if kind == close && depth == 0 => return Some(token),
            Kind::LParen | Kind::LBrack | Kind::LBrace => depth += 1,
            Kind::RParen | Kind::RBrack | Kind::RBrace => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}
