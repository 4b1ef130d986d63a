//! Parts of statements: names, lists, `SET` lists, comparisons, and finding where clauses begin.

use super::SqlFact;
use super::token::{Kind, Token};

/// Words that end a `WHERE`, a `SET` list or a `FROM`.
const CLAUSE_ENDS: &[&str] = &[
    "GROUP",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "RETURNING",
    "FOR",
    "ON",
    "UNION",
    "HAVING",
    "WINDOW",
    "INTERSECT",
    "EXCEPT",
    "FETCH",
    "WHEN",
];

/// Words that are never a column.
const NOT_COLUMNS: &[&str] = &[
    "AND", "OR", "NOT", "NULL", "TRUE", "FALSE", "IS", "IN", "ANY", "ALL", "SOME", "EXISTS", "CASE", "WHEN",
    "THEN", "ELSE", "END", "WHERE", "SELECT", "FROM", "BETWEEN", "LIKE", "ILIKE", "INTERVAL", "DISTINCT",
    "ON", "SET", "VALUES", "AS", "CURRENT", "COLLATE",
];

/// One `target = value` of a `SET` list.
pub(super) struct Assignment<'t, 'a> {
    target: &'t [Token<'a>],
    pub(super) value: &'t [Token<'a>],
}

pub(super) fn assignments<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<Assignment<'t, 'a>> {
    split(tokens, ",")
        .filter_map(|part| {
            let equals = part.iter().position(|token| token.is("=") || token.is(":="))?;
            Some(Assignment { target: &part[..equals], value: &part[equals + 1..] })
        })
        .collect()
}

/// The columns an assignment sets: one, or several in parentheses.
pub(super) fn targets(set: &Assignment) -> Vec<String> {
    match set.target {
        [open, inner @ .., _] if open.is("(") => names_in(inner),
        target => {
            let (column, used) = name(target);
            if used == 0 { Vec::new() } else { vec![last_part(&column)] }
        }
    }
}

/// Finds the assignments whose value is computed from the column's own old value.
pub(super) fn increments(sets: &[Assignment], alias: Option<&str>, fact: &mut SqlFact) {
    for set in sets {
        let [column] = &targets(set)[..] else {
            continue;
        };
        let computes = set.value.iter().any(|token| ["+", "-", "*", "/"].iter().any(|sign| token.is(sign)));
        if computes && reads_own(set.value, column, alias) {
            fact.increments = true;
            push_unique(&mut fact.increment_columns, column.clone());
        }
    }
}

fn reads_own(value: &[Token], column: &str, alias: Option<&str>) -> bool {
    let mut at = 0;
    while at < value.len() {
        if value[at].word("VALUES") && value.get(at + 1).is_some_and(|token| token.is("(")) {
            at = closing(value, at + 1) + 1;
            continue;
        }
        let (found, used) = name(&value[at..]);
        if used > 0 {
            let qualifier = found.rsplit_once('.').map_or("", |(qualifier, _)| qualifier);
            let incoming = qualifier.eq_ignore_ascii_case("excluded")
                || alias.is_some_and(|alias| alias.eq_ignore_ascii_case(qualifier));
            if !incoming && last_part(&found).eq_ignore_ascii_case(column) {
                return true;
            }
        }
        at += used.max(1);
    }
    false
}

/// Columns compared in the `WHERE` of these tokens.
pub(super) fn where_columns(tokens: &[Token], out: &mut Vec<String>) {
    if let Some(start) = find_word(tokens, 0, "WHERE") {
        let stop = clause_start(tokens, start + 1, &[]);
        compared(&tokens[start + 1..stop], out);
    }
}

/// Names beside a comparison; what is inside a subquery is its own business.
pub(super) fn compared(tokens: &[Token], out: &mut Vec<String>) {
    let mut groups = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        if token.is("::") {
            at += 2;
            continue;
        }
        if token.is("(") {
            if tokens.get(at + 1).is_some_and(|next| next.word("SELECT") || next.word("WITH")) {
                at = closing(tokens, at) + 1;
                continue;
            }
            groups.push(at);
        } else if token.is(")") {
            let open = groups.pop();
            if let Some(open) = open.filter(|_| compares(&tokens[at + 1..])) {
                // (a, b) = …, lower(a) = …
                let inner = &tokens[open + 1..at];
                if inner.iter().all(|token| token.is_name() || token.is(",") || token.is(".")) {
                    for column in names_in(inner) {
                        push_unique(out, column);
                    }
                }
            }
        }
        let (column, used) = name(&tokens[at..]);
        if used == 0 {
            at += 1;
            continue;
        }
        let last = last_part(&column);
        let keyword =
            token.kind == Kind::Word && used == 1 && NOT_COLUMNS.iter().any(|word| token.word(word));
        let param = tokens[at + used - 1].kind == Kind::Param;
        let call = tokens.get(at + used).is_some_and(|next| next.is("("));
        if !keyword && !param && !call {
            let before = at >= 2 && tokens[at - 1].is("=") && tokens[at - 2].kind == Kind::Param;
            if before || compares(&tokens[at + used..]) {
                push_unique(out, last);
            }
        }
        at += used;
    }
}

/// Whether a comparison begins here, a cast before it allowed.
fn compares(tokens: &[Token]) -> bool {
    let tokens = match tokens {
        [cast, _, rest @ ..] if cast.is("::") => rest,
        tokens => tokens,
    };
    tokens.first().is_some_and(|token| {
        ["=", "<", ">", "<>", "!=", "<=", ">=", "~", "@"].iter().any(|sign| token.is(sign))
            || ["IN", "LIKE", "ILIKE", "IS", "BETWEEN", "NOT"].iter().any(|word| token.word(word))
    })
}

/// A name with its dots, and how many tokens it takes; a keyword may be a name.
pub(super) fn name(tokens: &[Token]) -> (String, usize) {
    let mut out = String::new();
    let mut used = 0;
    let mut dotted = true;
    while let Some(token) = tokens.get(used) {
        let touches = used > 0 && tokens[used - 1].end == token.start;
        if token.is_name() && (dotted || touches) {
            out.push_str(token.text);
            dotted = false;
        } else if token.is(".") && !dotted {
            out.push('.');
            dotted = true;
        } else if token.kind == Kind::Number && touches && !dotted {
            out.push_str(token.text);
        } else {
            break;
        }
        used += 1;
    }
    (out, used)
}

pub(super) fn last_part(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}

/// The names in a list of columns: `a, "b" DESC, lower(c), d(10)`.
pub(super) fn names_in(tokens: &[Token]) -> Vec<String> {
    let mut out = Vec::new();
    for part in split(tokens, ",") {
        let (column, used) = name(part);
        let argument = part.get(used).is_some_and(|token| token.is("("))
            && part.get(used + 1).is_some_and(Token::is_name);
        let column = if argument || used == 0 {
            let inner = part.iter().position(|token| token.is("(")).map_or(part.len(), |at| at + 1);
            name(&part[inner..]).0
        } else {
            column
        };
        if !column.is_empty() {
            push_unique(&mut out, last_part(&column));
        }
    }
    out
}

pub(super) fn push_unique(out: &mut Vec<String>, item: String) {
    if !out.contains(&item) {
        out.push(item);
    }
}

/// Splits at a symbol outside parentheses.
pub(super) fn split<'t, 'a>(
    tokens: &'t [Token<'a>],
    symbol: &'static str,
) -> impl Iterator<Item = &'t [Token<'a>]> + use<'t, 'a> {
    let mut depth = 0_usize;
    tokens.split(move |token| {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && token.is(symbol)
    })
}

/// The index of the parenthesis that closes the one at `open`; the end if none does. Where none
/// opens, as in `DISTINCT ON x)`, the first that closes.
pub(super) fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len()
}

/// The first keyword at the depth of `from`, outside parentheses opened after it.
pub(super) fn find_word(tokens: &[Token], from: usize, word: &str) -> Option<usize> {
    first_outside(tokens, from, |token| token.word(word))
}

pub(super) fn find_any_depth(tokens: &[Token], word: &str) -> Option<usize> {
    tokens.iter().position(|token| token.word(word))
}

fn first_outside(tokens: &[Token], from: usize, wanted: impl Fn(&Token) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            // Past the parenthesis this clause is in.
            depth = depth.checked_sub(1)?;
        } else if depth == 0 && wanted(token) {
            return Some(at);
        }
    }
    None
}

/// Where the next clause begins, or the end; `more` are further words that begin one.
pub(super) fn clause_start(tokens: &[Token], from: usize, more: &[&str]) -> usize {
    let from = from.min(tokens.len());
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            if depth == 0 {
                return at;
            }
            depth -= 1;
        } else if depth == 0
            && token.kind == Kind::Word
            && more.iter().chain(CLAUSE_ENDS).any(|word| token.word(word))
        {
            return at;
        }
    }
    tokens.len()
}

pub(super) fn has_word(tokens: &[Token], word: &str) -> bool {
    tokens.iter().any(|token| token.word(word))
}

pub(super) fn pair(tokens: &[Token], first: &str, second: &str) -> bool {
    tokens.windows(2).any(|pair| pair[0].word(first) && pair[1].word(second))
}
