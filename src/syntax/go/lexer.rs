//! Bytes to tokens. A token is a kind and two offsets; nothing is allocated and no text copied.
//!
//! Line ends become semicolons here, as the language defines it. A lexer is cheap to copy, which
//! is how the parser looks ahead.

use std::ops::Range;

use memchr::{memchr, memmem};

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
pub(super) enum Kind {
    /// No token: the parser is on its way out of a construct that did not parse.
    Stop,
    Eof,
    /// Written, or a line end that counts as one.
    Semi,
    Ident, Number, Char, Str, RawStr,
    Plus, Minus, Star, Slash, Percent, Amp, Pipe, Caret, Shift, AndNot,
    AndAnd, OrOr, EqEq, NotEq, Less, LessEq, Greater, GreaterEq,
    Not, Tilde, Arrow, Inc, Dec,
    Assign, Define, PlusAssign, MinusAssign, OtherAssign,
    LParen, RParen, LBrack, RBrack, LBrace, RBrace,
    Comma, Dot, Colon, Ellipsis,
    Break, Case, Chan, Const, Continue, Default, Defer, Else, Fallthrough, For, Func, Go, Goto,
    If, Import, Interface, Map, Package, Range, Return, Select, Struct, Switch, Type, Var,
}

/// One token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: u32,
    pub end: u32,
}

/// Something that is not a token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub message: &'static str,
    pub pos: u32,
}

/// The state between two tokens.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    source: &'a [u8],
    pos: usize,
    /// A line end here is a semicolon.
    ends: bool,
    /// The first thing since the last look that is not a token.
    pub fault: Option<Fault>,
}

impl<'a> Lexer<'a> {
    pub fn new(source: &'a [u8]) -> Self {
        let pos = if source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Lexer { source, pos, ends: false, fault: None }
    }

    /// Where the next token is looked for.
    pub fn offset(&self) -> u32 {
        self.pos as u32
    }

    /// The next token.
    pub fn next(&mut self) -> Token {
        loop {
            let start = self.pos;
            let Some(&byte) = self.source.get(start) else {
                let kind = if self.ends { Kind::Semi } else { Kind::Eof };
                self.ends = false;
                return self.token(kind, start);
            };
            match byte {
                b' ' | b'\t' | b'\r' => {
                    self.pos += 1;
                    while let b' ' | b'\t' = self.at(0) {
                        self.pos += 1;
                    }
                }
                b'\n' => {
                    self.pos += 1;
                    if self.ends {
                        self.ends = false;
                        return self.token(Kind::Semi, start);
                    }
                }
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.word(start),
                b'/' if self.comment() => {
                    if self.ends && memchr(b'\n', &self.source[start..self.pos]).is_some() {
                        self.ends = false;
                        return self.token(Kind::Semi, start);
                    }
                }
                b'0'..=b'9' => return self.number(start),
                b'"' => return self.quoted(start, b'"', "string not terminated"),
                b'\'' => return self.quoted(start, b'\'', "character literal not terminated"),
                b'`' => return self.raw_string(start),
                b'.' if self.at(1).is_ascii_digit() => return self.number(start),
                0x80.. if self.letter(start) > 0 => return self.word(start),
                _ => {
                    let (kind, len) = self.operator(byte);
                    if len > 0 {
                        self.pos += len;
                        self.ends = matches!(
                            kind,
                            Kind::RParen | Kind::RBrack | Kind::RBrace | Kind::Inc | Kind::Dec
                        );
                        return self.token(kind, start);
                    }
                    self.report("a character that Go does not have", start);
                    self.pos += 1;
                    while self.at(0) & 0xc0 == 0x80 {
                        self.pos += 1;
                    }
                }
            }
        }
    }

    fn token(&self, kind: Kind, start: usize) -> Token {
        Token { kind, start: start as u32, end: self.pos as u32 }
    }

    /// The byte `ahead` of the position; 0 past the end.
    fn at(&self, ahead: usize) -> u8 {
        self.source.get(self.pos + ahead).copied().unwrap_or(0)
    }

    fn report(&mut self, message: &'static str, pos: usize) {
        self.fault.get_or_insert(Fault { message, pos: pos as u32 });
    }

    /// Steps over a comment, if there is one. A line comment leaves its line end.
    fn comment(&mut self) -> bool {
        let rest = &self.source[self.pos..];
        match rest.get(1) {
            Some(b'/') => self.pos += memchr(b'\n', rest).unwrap_or(rest.len()),
            Some(b'*') => {
                if let Some(len) = memmem::find(&rest[2..], b"*/") {
                    self.pos += len + 4;
                } else {
                    self.report("comment not terminated", self.pos);
                    self.pos = self.source.len();
                }
            }
            _ => return false,
        }
        true
    }

    fn word(&mut self, start: usize) -> Token {
        let mut pos = start;
        loop {
            match self.source.get(pos) {
                Some(&byte) if IN_WORD[byte as usize] => pos += 1,
                Some(0x80..) => match self.letter(pos) {
                    0 => break,
                    len => pos += len,
                },
                _ => break,
            }
        }
        self.pos = pos;
        let kind = keyword(&self.source[start..pos]);
        self.ends =
            matches!(kind, Kind::Ident | Kind::Break | Kind::Continue | Kind::Fallthrough | Kind::Return);
        self.token(kind, start)
    }

    /// The length of the letter or digit beyond ASCII at `pos`, or 0.
    fn letter(&self, pos: usize) -> usize {
        let rest = &self.source[pos..self.source.len().min(pos + 4)];
        match rest.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()) {
            Some(letter) if letter.is_alphanumeric() => letter.len_utf8(),
            _ => 0,
        }
    }

    /// Numbers in every notation; nonsense such as `0b7` passes as one number.
    fn number(&mut self, start: usize) -> Token {
        let hex = self.at(0) == b'0' && matches!(self.at(1), b'x' | b'X');
        let mut pos = start;
        while let Some(&byte) = self.source.get(pos) {
            let signed = match byte {
                b'e' | b'E' => !hex,
                b'p' | b'P' => hex,
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.' => false,
                _ => break,
            };
            pos += 1;
            if signed && matches!(self.source.get(pos), Some(b'+' | b'-')) {
                pos += 1;
            }
        }
        self.pos = pos;
        self.ends = true;
        self.token(Kind::Number, start)
    }

    /// A literal in which a backslash escapes the quote and that ends with its line.
    fn quoted(&mut self, start: usize, quote: u8, unterminated: &'static str) -> Token {
        let kind = if quote == b'"' { Kind::Str } else { Kind::Char };
        self.ends = true;
        let mut pos = start + 1;
        loop {
            match self.source.get(pos) {
                Some(b'\\') if !matches!(self.source.get(pos + 1), None | Some(b'\n')) => pos += 2,
                None | Some(b'\n') => {
                    self.report(unterminated, start);
                    break;
                }
                Some(&byte) => {
                    pos += 1;
                    if byte == quote {
                        break;
                    }
                }
            }
        }
        self.pos = pos;
        self.token(kind, start)
    }

    fn raw_string(&mut self, start: usize) -> Token {
        let rest = &self.source[start + 1..];
        if let Some(len) = memchr(b'`', rest) {
            self.pos = start + len + 2;
        } else {
            self.report("raw string not terminated", start);
            self.pos = self.source.len();
        }
        self.ends = true;
        self.token(Kind::RawStr, start)
    }

    /// The operator that begins with `byte` and its length; length 0 when there is none.
    #[rustfmt::skip]
    fn operator(&self, byte: u8) -> (Kind, usize) {
        let second = self.at(1);
        match (byte, second) {
            (b'(', _) => (Kind::LParen, 1),
            (b')', _) => (Kind::RParen, 1),
            (b'[', _) => (Kind::LBrack, 1),
            (b']', _) => (Kind::RBrack, 1),
            (b'{', _) => (Kind::LBrace, 1),
            (b'}', _) => (Kind::RBrace, 1),
            (b',', _) => (Kind::Comma, 1),
            (b';', _) => (Kind::Semi, 1),
            (b'~', _) => (Kind::Tilde, 1),
            (b'.', b'.') if self.at(2) == b'.' => (Kind::Ellipsis, 3),
            (b'.', _) => (Kind::Dot, 1),
            (b':', b'=') => (Kind::Define, 2),
            (b':', _) => (Kind::Colon, 1),
            (b'=', b'=') => (Kind::EqEq, 2),
            (b'=', _) => (Kind::Assign, 1),
            (b'!', b'=') => (Kind::NotEq, 2),
            (b'!', _) => (Kind::Not, 1),
            (b'<', b'-') => (Kind::Arrow, 2),
            (b'<', b'=') => (Kind::LessEq, 2),
            (b'<', b'<') | (b'>', b'>') => self.assigning(Kind::Shift, 2),
            (b'<', _) => (Kind::Less, 1),
            (b'>', b'=') => (Kind::GreaterEq, 2),
            (b'>', _) => (Kind::Greater, 1),
            (b'&', b'&') => (Kind::AndAnd, 2),
            (b'&', b'^') => self.assigning(Kind::AndNot, 2),
            (b'&', _) => self.assigning(Kind::Amp, 1),
            (b'|', b'|') => (Kind::OrOr, 2),
            (b'|', _) => self.assigning(Kind::Pipe, 1),
            (b'+', b'+') => (Kind::Inc, 2),
            (b'+', b'=') => (Kind::PlusAssign, 2),
            (b'+', _) => (Kind::Plus, 1),
            (b'-', b'-') => (Kind::Dec, 2),
            (b'-', b'=') => (Kind::MinusAssign, 2),
            (b'-', _) => (Kind::Minus, 1),
            (b'*', _) => self.assigning(Kind::Star, 1),
            (b'/', _) => self.assigning(Kind::Slash, 1),
            (b'%', _) => self.assigning(Kind::Percent, 1),
            (b'^', _) => self.assigning(Kind::Caret, 1),
            _ => (Kind::Stop, 0),
        }
    }

    /// `kind`, unless an `=` follows.
    fn assigning(&self, kind: Kind, len: usize) -> (Kind, usize) {
        if self.at(len) == b'=' { (Kind::OtherAssign, len + 1) } else { (kind, len) }
    }

    /// From behind a `{`, steps behind its `}` without making tokens. False when there is none.
    pub fn skip_block(&mut self) -> bool {
        let mut open = 1_u32;
        self.ends = true;
        loop {
            let rest = &self.source[self.pos..];
            let Some(plain) = rest.iter().position(|&byte| IN_BLOCK[byte as usize]) else {
                self.pos = self.source.len();
                return false;
            };
            self.pos += plain;
            let (start, byte) = (self.pos, rest[plain]);
            match byte {
                b'{' => open += 1,
                b'}' => open -= 1,
                b'"' | b'\'' => {
                    self.quoted(start, byte, "literal not terminated");
                    continue;
                }
                b'`' => {
                    self.raw_string(start);
                    continue;
                }
                b'/' if self.comment() => continue,
                _ => {}
            }
            self.pos += 1;
            if open == 0 {
                return true;
            }
        }
    }

    /// The next comment, whatever stands before it.
    pub fn next_comment(&mut self) -> Option<Range<usize>> {
        loop {
            let start = self.pos;
            match self.source.get(start)? {
                &quote @ (b'"' | b'\'') => {
                    self.quoted(start, quote, "literal not terminated");
                }
                b'`' => {
                    self.raw_string(start);
                }
                b'/' if self.comment() => return Some(start..self.pos),
                _ => self.pos += 1,
            }
        }
    }
}

/// The bytes that matter when a block is skipped.
const IN_BLOCK: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"{}\"'`/";
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
};

/// The bytes of an ASCII word after its first.
const IN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    table
};

fn keyword(word: &[u8]) -> Kind {
    match word {
        b"break" => Kind::Break,
        b"case" => Kind::Case,
        b"chan" => Kind::Chan,
        b"const" => Kind::Const,
        b"continue" => Kind::Continue,
        b"default" => Kind::Default,
        b"defer" => Kind::Defer,
        b"else" => Kind::Else,
        b"fallthrough" => Kind::Fallthrough,
        b"for" => Kind::For,
        b"func" => Kind::Func,
        b"go" => Kind::Go,
        b"goto" => Kind::Goto,
        b"if" => Kind::If,
        b"import" => Kind::Import,
        b"interface" => Kind::Interface,
        b"map" => Kind::Map,
        b"package" => Kind::Package,
        b"range" => Kind::Range,
        b"return" => Kind::Return,
        b"select" => Kind::Select,
        b"struct" => Kind::Struct,
        b"switch" => Kind::Switch,
        b"type" => Kind::Type,
        b"var" => Kind::Var,
        _ => Kind::Ident,
    }
}
