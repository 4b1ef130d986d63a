//! What SQL text says: which table it writes or reads, and what makes the write safe to repeat.
//!
//! The text comes from string literals and migrations of any dialect, often with placeholders and
//! format verbs in it, so the reader is tolerant: it never fails, and says nothing about what it
//! does not understand. It leaves out types, expressions and everything about results.

mod clause;
mod read;
#[cfg(test)]
mod tests;
mod token;

use token::{Kind, Token};

/// What a statement does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Verb {
    /// `INSERT`, `REPLACE`, `UPSERT`, `MERGE`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `SELECT`.
    Select,
    /// `CREATE TABLE`.
    CreateTable,
    /// `CREATE INDEX`.
    CreateIndex,
    /// `ALTER TABLE`; carries the unique keys it adds.
    AlterTable,
    /// Anything else that is certainly SQL.
    Other,
}

/// What an insert does when the row is already there.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Conflict {
    /// It fails, or adds another row.
    #[default]
    None,
    /// It leaves the row alone.
    DoNothing,
    /// It updates or replaces the row.
    DoUpdate,
}

/// The facts of one statement. Names lose their quotes and keep their case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SqlFact {
    /// What it does.
    pub verb: Verb,
    /// The table, `schema.table` as written; a placeholder such as `%s` stays; empty if unknown.
    pub table: String,
    /// What happens to a duplicate.
    pub conflict: Conflict,
    /// The columns that make a duplicate, as far as the statement names them.
    pub conflict_columns: Vec<String>,
    /// The constraint that makes a duplicate, from `ON CONFLICT ON CONSTRAINT`.
    pub conflict_constraint: Option<String>,
    /// An insert from a query that looks for the row first (`WHERE NOT EXISTS`).
    pub guarded: bool,
    /// A column is set from its own old value (`x = x + 1`).
    pub increments: bool,
    /// Those columns.
    pub increment_columns: Vec<String>,
    /// `SKIP LOCKED`.
    pub skip_locked: bool,
    /// Columns inserted, set, selected, created or indexed.
    pub columns: Vec<String>,
    /// Columns compared in `WHERE`.
    pub where_columns: Vec<String>,
    /// Primary and unique keys created, each as its columns.
    pub unique_keys: Vec<Vec<String>>,
    /// Lines between the start of the text and the statement.
    pub line_offset: u32,
}

impl SqlFact {
    fn new(verb: Verb, table: String, line_offset: u32) -> SqlFact {
        SqlFact {
            verb,
            table,
            conflict: Conflict::None,
            conflict_columns: Vec::new(),
            conflict_constraint: None,
            guarded: false,
            increments: false,
            increment_columns: Vec::new(),
            skip_locked: false,
            columns: Vec::new(),
            where_columns: Vec::new(),
            unique_keys: Vec::new(),
            line_offset,
        }
    }

    /// The table without its schema.
    pub fn table_name(&self) -> &str {
        self.table.rsplit('.').next().unwrap_or(&self.table)
    }
}

/// The statements of a text, in order. Reading stops at a migration tool's mark for the way down
/// (`-- +goose Down` and its kind): undoing is not what the schema is.
pub fn statements(text: &str) -> Vec<SqlFact> {
    let tokens = token::tokens(text);
    let mut facts = Vec::new();
    for statement in tokens.split(|token| token.is(";")) {
        read::statement(statement, &mut facts);
    }
    facts
}

/// Where the comments of a text are: each its offset and its text, with what opens and closes it.
pub fn comments(text: &str) -> Vec<(usize, &str)> {
    token::comments(text)
}

/// Whether a string literal is SQL rather than prose; cheap enough to ask of every string.
///
/// The first word must be a statement's verb, and the word that belongs to it must follow in the
/// same case. Lower-case text, which prose also is, must show the statement's form as well.
pub fn looks_like_sql(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    let comment = start.starts_with("--") || start.starts_with("/*");
    if !comment {
        let end = start.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(start.len());
        if verb_of(&start[..end]).is_none() {
            return false;
        }
    }
    let tokens = token::first_tokens(text, 400);
    let tokens: Vec<&Token> = tokens.iter().skip_while(|token| token.is("(")).collect();
    has_form(&tokens)
}

const VERBS: &[&str] = &[
    "INSERT", "UPDATE", "DELETE", "SELECT", "WITH", "CREATE", "ALTER", "MERGE", "REPLACE", "UPSERT", "DROP",
    "TRUNCATE",
];

fn verb_of(word: &str) -> Option<&'static str> {
    if !(4..=8).contains(&word.len()) {
        return None;
    }
    VERBS.iter().find(|verb| verb.eq_ignore_ascii_case(word)).copied()
}

fn has_form(tokens: &[&Token]) -> bool {
    let [first, rest @ ..] = tokens else {
        return false;
    };
    let Some(verb) = verb_of(first.text).filter(|_| first.kind == Kind::Word) else {
        return false;
    };
    let upper = first.text.bytes().all(|byte| byte.is_ascii_uppercase());
    let same_case = |word: &&&Token| {
        let mut bytes = word.text.bytes();
        let head = bytes.next().is_some_and(|byte| byte.is_ascii_uppercase());
        let tail = bytes.next().is_some_and(|byte| byte.is_ascii_uppercase());
        let mut first = first.text.bytes();
        head == first.next().is_some_and(|byte| byte.is_ascii_uppercase())
            && tail == first.next().is_some_and(|byte| byte.is_ascii_uppercase())
    };
    let find = |names: &[&str], within: usize| {
        rest.iter()
            .take(within)
            .filter(same_case)
            .find(|token| names.iter().any(|name| token.word(name)))
            .is_some()
    };
    let after = |name: &str| {
        let at = rest.iter().position(|token| token.word(name));
        at.map_or(&[][..], |at| &rest[at + 1..])
    };
    let has = |tokens: &[&Token], names: &[&str]| {
        tokens.iter().any(|token| names.iter().any(|name| token.is(name) || token.word(name)))
    };
    match verb {
        "INSERT" | "REPLACE" | "UPSERT" => {
            find(&["INTO"], 4) && (upper || has(after("INTO"), &["(", "VALUES", "SELECT", "SET", "DEFAULT"]))
        }
        "MERGE" => find(&["INTO"], 2) && has(rest, &["USING"]),
        "UPDATE" => find(&["SET"], 40) && has(after("SET"), &["="]),
        "DELETE" => find(&["FROM"], 2) && (upper || has(rest, &["WHERE"])),
        "SELECT" => {
            let from = find(&["FROM"], 400);
            let call = rest.iter().any(|token| token.is("(") || token.kind == Kind::Number);
            let form = ["*", "=", ",", "("].iter().any(|mark| has(rest, &[mark]))
                || rest.iter().any(|token| token.kind == Kind::Param)
                || bare_select(rest);
            if upper { from || call } else { from && form && !after("FROM").is_empty() }
        }
        "WITH" => find(&["AS"], 12) && has(after("AS"), &["("]) && has(rest, VERBS),
        "CREATE" => {
            find(&["TABLE", "INDEX", "VIEW", "FUNCTION", "TRIGGER", "TYPE", "EXTENSION", "SCHEMA"], 5)
                && (upper || has(rest, &["(", "EXISTS"]))
        }
        "ALTER" | "DROP" | "TRUNCATE" => {
            let object = find(&["TABLE", "INDEX", "TYPE", "SCHEMA", "VIEW"], 2);
            object && (upper || has(rest, &["ADD", "COLUMN", "EXISTS", "CONSTRAINT", ";"]))
        }
        _ => false,
    }
}

/// `one from name`, then nothing or a clause: a select of one column without any symbol.
fn bare_select(rest: &[&Token]) -> bool {
    let ends = ["WHERE", "ORDER", "LIMIT", "GROUP", "JOIN", "FOR", ";"];
    match rest {
        [_, from, _] => from.word("FROM"),
        [_, from, _, end, ..] if from.word("FROM") => ends.iter().any(|word| end.word(word) || end.is(word)),
        _ => false,
    }
}
