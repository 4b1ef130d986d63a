//! Words of SQL in any dialect, without comments; what is not understood is a symbol.

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A bare word: a keyword or a name.
    Word,
    /// A name in quotes, backticks or brackets; the text is without them.
    Quoted,
    /// A string literal, dollar quotes too.
    Text,
    /// A number.
    Number,
    /// `$1`, `?`, `:name`, `@name`, `%s`, `{name}`, `${name}`.
    Param,
    /// Anything else, mostly one character.
    Symbol,
}

/// One token; `start..end` are its bytes in the text, quotes included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub start: usize,
    pub end: usize,
    pub line: u32,
}

impl Token<'_> {
    /// Whether this is the symbol.
    pub(super) fn is(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// Whether this is the keyword, in any case.
    pub(super) fn word(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Whether this can be a name or a part of one.
    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted | Kind::Param)
    }
}

/// All tokens up to a mark that begins a migration's way down.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    first_tokens(text, usize::MAX)
}

/// The first tokens, at most `limit`.
pub(super) fn first_tokens(text: &str, limit: usize) -> Vec<Token<'_>> {
    let mut scanner = Scanner::new(text);
    while scanner.out.len() < limit && scanner.step() {}
    scanner.out
}

/// Where the comments are: each its offset and its text, with what opens and closes it.
pub(super) fn comments(text: &str) -> Vec<(usize, &str)> {
    let mut scanner = Scanner::new(text);
    while scanner.step() || scanner.at < scanner.bytes.len() {}
    scanner.comments.into_iter().filter_map(|(from, to)| Some((from, text.get(from..to)?))).collect()
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u32,
    out: Vec<Token<'a>>,
    comments: Vec<(usize, usize)>,
}

const PAIRS: &[&[u8]] = &[b"::", b"<>", b"!=", b"<=", b">=", b"||", b":="];

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Scanner<'a> {
        Scanner { text, bytes: text.as_bytes(), at: 0, line: 0, out: Vec::new(), comments: Vec::new() }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Takes one token or one piece of blank; false at the end.
    fn step(&mut self) -> bool {
        let Some(&byte) = self.bytes.get(self.at) else {
            return false;
        };
        match byte {
            b'\n' => {
                self.line += 1;
                self.at += 1;
            }
            _ if byte.is_ascii_whitespace() => self.at += 1,
            b'-' if self.peek(1) == b'-' => return self.line_comment(),
            b'#' if self.at_line_start() && self.peek(1) != b'{' => return self.line_comment(),
            b'/' if self.peek(1) == b'*' => {
                let end = self.find("*/", 2).map_or(self.bytes.len(), |at| at + 2);
                self.comments.push((self.at, end));
                self.skip_to(end);
            }
            b'\'' => self.quoted(b'\'', Kind::Text),
            b'"' => self.quoted(b'"', Kind::Quoted),
            b'`' => self.quoted(b'`', Kind::Quoted),
            b'[' if self.peek(1).is_ascii_alphabetic() && !self.follows_name() => {
                self.quoted(b']', Kind::Quoted);
            }
            b'$' => self.dollar(),
            b'?' => self.take(1, Kind::Param),
            b':' if self.peek(1) != b':' && is_word(self.peek(1)) && !self.follows_colon() => {
                self.prefixed(1);
            }
            b'@' if is_word(self.peek(1)) => self.prefixed(1),
            b'%' => self.percent(),
            b'{' => self.braces(0),
            b'#' if self.peek(1) == b'{' => self.braces(1),
            b'0'..=b'9' => {
                let length = self.run(|byte| is_word(byte) || byte == b'.');
                self.take(length, Kind::Number);
            }
            _ if is_word(byte) => {
                let length = self.run(|byte| is_word(byte) || byte == b'$');
                self.take(length, Kind::Word);
            }
            _ => {
                let pair = PAIRS.iter().any(|pair| self.bytes[self.at..].starts_with(pair));
                self.take(if pair { 2 } else { 1 }, Kind::Symbol);
            }
        }
        true
    }

    fn at_line_start(&self) -> bool {
        let before = &self.bytes[..self.at];
        let blank = before.iter().rev().find(|&&byte| byte != b' ' && byte != b'\t');
        blank.is_none_or(|&byte| byte == b'\n')
    }

    fn follows_colon(&self) -> bool {
        self.at > 0 && self.bytes[self.at - 1] == b':'
    }

    /// Whether the bracket is an array index rather than a quote.
    fn follows_name(&self) -> bool {
        self.out
            .last()
            .is_some_and(|token| token.end == self.at && (token.is_name() || token.is("]") || token.is(")")))
    }

    /// Passes over a comment; false when it marks a migration's way down.
    fn line_comment(&mut self) -> bool {
        let end = self.find("\n", 0).unwrap_or(self.bytes.len());
        let comment = self.text.get(self.at..end).unwrap_or("");
        let words = comment.trim_start_matches(['-', '#', ' ', '\t']).trim();
        self.comments.push((self.at, end));
        self.at = end;
        let down = ["+goose down", "+migrate down", "migrate:down", "+micrate down"];
        !down.iter().any(|mark| words.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark)))
    }

    fn find(&self, needle: &str, ahead: usize) -> Option<usize> {
        let from = (self.at + ahead).min(self.bytes.len());
        memchr::memmem::find(&self.bytes[from..], needle.as_bytes()).map(|at| from + at)
    }

    fn run(&self, belongs: fn(u8) -> bool) -> usize {
        let rest = &self.bytes[self.at..];
        rest.iter().position(|&byte| !belongs(byte)).unwrap_or(rest.len())
    }

    fn skip_to(&mut self, end: usize) {
        let passed = &self.bytes[self.at..end];
        self.line += memchr::memchr_iter(b'\n', passed).count() as u32;
        self.at = end;
    }

    fn take(&mut self, length: usize, kind: Kind) {
        let end = (self.at + length).min(self.bytes.len());
        self.push(kind, self.at, end, end);
    }

    /// Adds a token whose text is `from..to` and which ends at `end`.
    fn push(&mut self, kind: Kind, from: usize, to: usize, end: usize) {
        let text = self.text.get(from..to.max(from)).unwrap_or("");
        self.out.push(Token { kind, text, start: self.at, end, line: self.line });
        self.skip_to(end);
    }

    /// A quoted piece; a doubled quote or, in text, a backslash keeps it open.
    fn quoted(&mut self, close: u8, kind: Kind) {
        let from = self.at + 1;
        let mut to = from;
        while let Some(&byte) = self.bytes.get(to) {
            if byte == b'\\' && kind == Kind::Text && self.peek(to + 1 - self.at) == b'\'' {
                // Only where a quote follows a backslash does the dialect matter: most mean `\'`,
                // but `'\'` before a separator is a complete string in standard SQL.
                let next = self.bytes.get(to + 2).copied().unwrap_or(0);
                if matches!(next, 0 | b' ' | b',' | b')' | b';' | b'\n') {
                    to += 1;
                    break;
                }
                to += 2;
            } else if byte == close {
                if self.bytes.get(to + 1) == Some(&close) && close != b']' {
                    to += 2;
                } else {
                    break;
                }
            } else {
                to += 1;
            }
        }
        let to = to.min(self.bytes.len());
        let end = (to + 1).min(self.bytes.len());
        self.push(kind, from, to, end);
    }

    /// `$1`, `$name`, `${name}`, or dollar quotes.
    fn dollar(&mut self) {
        if self.peek(1) == b'{' {
            self.braces(1);
            return;
        }
        let mut tag = 1;
        while is_word(self.peek(tag)) {
            tag += 1;
        }
        if self.peek(tag) == b'$' && !self.peek(1).is_ascii_digit() {
            let mark = &self.text[self.at..=self.at + tag];
            let close = self.find(mark, tag + 1);
            let end = close.map_or(self.bytes.len(), |at| at + mark.len());
            self.push(Kind::Text, self.at + tag + 1, close.unwrap_or(end), end);
        } else if tag > 1 {
            self.take(tag, Kind::Param);
        } else {
            self.take(1, Kind::Symbol);
        }
    }

    fn prefixed(&mut self, prefix: usize) {
        let mut length = prefix;
        while is_word(self.peek(length)) {
            length += 1;
        }
        self.take(length, Kind::Param);
    }

    /// `%s`, `%[1]s`, `%(name)s`, `%1$s`; `%` alone is an operator.
    fn percent(&mut self) {
        let mut length = 1;
        let close = match self.peek(1) {
            b'(' => Some(b')'),
            b'[' => Some(b']'),
            _ => None,
        };
        if let Some(close) = close {
            while self.peek(length) != close && self.peek(length) != 0 && length < 64 {
                length += 1;
            }
            length += 1;
        }
        while self.peek(length).is_ascii_digit() || b"$+#.".contains(&self.peek(length)) {
            length += 1;
        }
        if b"sdvqtfxTI".contains(&self.peek(length)) && !is_word(self.peek(length + 1)) {
            self.take(length + 1, Kind::Param);
        } else if b"sdvq".contains(&self.peek(length)) && self.peek(length + 1) == b'_' {
            // A prefix for the table's name: `%s_orders`.
            self.take(length + 1, Kind::Param);
        } else {
            self.take(1, Kind::Symbol);
        }
    }

    /// `{name}`, `{{ template }}`, after `prefix` bytes.
    fn braces(&mut self, prefix: usize) {
        let double = self.peek(prefix + 1) == b'{';
        let close = if double { "}}" } else { "}" };
        match self.find(close, prefix + 1) {
            Some(at) if at - self.at < 200 => {
                let end = at + close.len();
                self.push(Kind::Param, self.at, end, end);
            }
            _ => self.take(1, Kind::Symbol),
        }
    }
}
