//! From tokens to facts, one statement at a time.

use super::clause::{
    Assignment, assignments, clause_start, closing, compared, find_any_depth, find_word, has_word,
    increments, last_part, name, names_in, pair, push_unique, split, targets, where_columns,
};
use super::token::{Kind, Token};
use super::{Conflict, SqlFact, Verb};

/// How deep common table expressions may nest.
const MAX_NESTING: usize = 16;

/// Heads of statements that are SQL and say nothing more.
const OTHER_HEADS: &[&str] = &[
    "DROP", "TRUNCATE", "GRANT", "REVOKE", "COMMENT", "CALL", "LOCK", "COPY", "VACUUM", "REFRESH", "RENAME",
];

/// Reads one statement; facts of common table expressions that write come before its own.
pub(super) fn statement(tokens: &[Token], facts: &mut Vec<SqlFact>) {
    let first = facts.len();
    nested(tokens, facts, 0);
    let skip_locked = pair(tokens, "SKIP", "LOCKED") || has_word(tokens, "READPAST");
    for fact in &mut facts[first..] {
        fact.skip_locked = skip_locked;
    }
}

fn nested(tokens: &[Token], facts: &mut Vec<SqlFact>, level: usize) {
    let start = tokens.iter().position(|token| !token.is("(")).unwrap_or(0);
    let tokens = &tokens[start..];
    let Some(head) = tokens.first().filter(|head| head.kind == Kind::Word) else {
        return;
    };
    let rest = &tokens[1..];
    let line = head.line;
    match head.text.to_ascii_uppercase().as_str() {
        "WITH" if level < MAX_NESTING => with(rest, facts, level),
        "INSERT" => facts.push(insert(rest, line, Conflict::None)),
        "REPLACE" | "UPSERT" => facts.push(insert(rest, line, Conflict::DoUpdate)),
        "MERGE" => facts.push(merge(rest, line)),
        "UPDATE" => facts.push(update(rest, line)),
        "DELETE" => facts.push(delete(rest, line)),
        "SELECT" => facts.push(select(rest, line)),
        "CREATE" => facts.push(create(rest, line)),
        "ALTER" if rest.first().is_some_and(|token| token.word("TABLE")) => {
            facts.push(alter_table(&rest[1..], line));
        }
        other if OTHER_HEADS.contains(&other) => {
            let object = rest.iter().position(|token| {
                !["TABLE", "IF", "EXISTS", "ONLY", "INTO", "INDEX", "VIEW"]
                    .iter()
                    .any(|word| token.word(word))
            });
            let table = object.map_or(String::new(), |at| name(&rest[at..]).0);
            facts.push(SqlFact::new(Verb::Other, table, line));
        }
        _ => {}
    }
}

/// Common table expressions: those that write have facts of their own.
fn with(tokens: &[Token], facts: &mut Vec<SqlFact>, level: usize) {
    let mut at = 0;
    while let Some(open) = find_word(tokens, at, "AS") {
        let Some(body) = (open + 1..tokens.len()).find(|&at| tokens[at].is("(")) else {
            break;
        };
        let end = closing(tokens, body);
        let inner = &tokens[body + 1..end];
        if inner.first().is_some_and(|head| !head.word("SELECT")) {
            nested(inner, facts, level + 1);
        }
        at = (end + 1).min(tokens.len());
        if !tokens.get(at).is_some_and(|token| token.is(",")) {
            break;
        }
    }
    nested(&tokens[at..], facts, level + 1);
}

fn insert(tokens: &[Token], line: u32, conflict: Conflict) -> SqlFact {
    let mut fact = SqlFact::new(Verb::Insert, String::new(), line);
    fact.conflict = conflict;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if token.word("IGNORE") {
            fact.conflict = Conflict::DoNothing;
        } else if token.word("REPLACE") {
            fact.conflict = Conflict::DoUpdate;
        } else if ![
            "OR",
            "INTO",
            "TABLE",
            "OVERWRITE",
            "LOW_PRIORITY",
            "DELAYED",
            "HIGH_PRIORITY",
            "ABORT",
            "FAIL",
            "ROLLBACK",
        ]
        .iter()
        .any(|word| token.word(word))
        {
            break;
        }
        at += 1;
    }
    let (table, used) = name(&tokens[at..]);
    fact.table = table;
    at += used;
    let mut alias = None;
    if tokens.get(at).is_some_and(|token| token.word("AS")) {
        at += 2;
    }
    let end = clause_start(tokens, at, &["VALUES", "SELECT", "WITH", "SET", "DEFAULT", "ON"]);
    if tokens.get(at).is_some_and(|token| token.is("(")) {
        let close = closing(tokens, at);
        if !tokens.get(at + 1).is_some_and(|token| token.word("SELECT")) {
            fact.columns = names_in(&tokens[at + 1..close]);
        }
    }
    if tokens.get(end).is_some_and(|token| token.word("SET")) {
        // MySQL: INSERT INTO t SET a = 1.
        let stop = clause_start(tokens, end + 1, &["ON"]);
        fact.columns = assignments(&tokens[end + 1..stop]).iter().flat_map(targets).collect();
    }
    if let Some(values_alias) = values_alias(tokens, end) {
        alias = Some(values_alias);
    }
    fact.guarded = pair(tokens, "NOT", "EXISTS");
    where_columns(&tokens[end.min(tokens.len())..], &mut fact.where_columns);
    on_conflict(tokens, at, alias, &mut fact);
    fact
}

/// `VALUES (…) AS new`, `MySQL`'s name for the rows that came in.
fn values_alias<'a>(tokens: &[Token<'a>], values: usize) -> Option<&'a str> {
    if !tokens.get(values)?.word("VALUES") {
        return None;
    }
    let stop = clause_start(tokens, values + 1, &["ON"]);
    let at = find_word(&tokens[..stop], values + 1, "AS")?;
    tokens.get(at + 1).map(|token| token.text)
}

fn on_conflict(tokens: &[Token], from: usize, alias: Option<&str>, fact: &mut SqlFact) {
    let mut at = from;
    while let Some(on) = find_word(tokens, at, "ON") {
        at = on + 1;
        let Some(next) = tokens.get(at) else { return };
        if next.word("DUPLICATE") {
            fact.conflict = Conflict::DoUpdate;
            let start = find_word(tokens, at, "UPDATE").map_or(tokens.len(), |update| update + 1);
            let stop = clause_start(tokens, start, &["RETURNING"]);
            let sets = assignments(&tokens[start..stop]);
            let no_op =
                |set: &Assignment| set.value.len() == 1 && targets(set) == [set.value[0].text.to_owned()];
            if !sets.is_empty() && sets.iter().all(no_op) {
                fact.conflict = Conflict::DoNothing;
            }
            increments(&sets, alias, fact);
            return;
        }
        if next.word("CONFLICT") {
            conflict_target(&tokens[at + 1..], fact);
            let Some(action) = find_word(tokens, at, "DO") else {
                return;
            };
            if tokens.get(action + 1).is_some_and(|token| token.word("UPDATE")) {
                fact.conflict = Conflict::DoUpdate;
                let start = find_word(tokens, action, "SET").map_or(tokens.len(), |set| set + 1);
                let stop = clause_start(tokens, start, &["WHERE", "RETURNING", "ON"]);
                increments(&assignments(&tokens[start..stop]), alias, fact);
                at = stop;
            } else {
                fact.conflict = Conflict::DoNothing;
            }
        }
    }
}

fn conflict_target(tokens: &[Token], fact: &mut SqlFact) {
    match tokens {
        [open, ..] if open.is("(") => {
            fact.conflict_columns = names_in(&tokens[1..closing(tokens, 0)]);
        }
        [on, constraint, rest @ ..] if on.word("ON") && constraint.word("CONSTRAINT") => {
            fact.conflict_constraint = Some(name(rest).0);
        }
        _ => {}
    }
}

fn merge(tokens: &[Token], line: u32) -> SqlFact {
    let start = usize::from(tokens.first().is_some_and(|token| token.word("INTO")));
    let (table, _) = name(&tokens[start..]);
    let mut fact = SqlFact::new(Verb::Insert, table, line);
    fact.conflict = Conflict::DoNothing;
    let when = find_word(tokens, 0, "WHEN").unwrap_or(tokens.len());
    if let Some(on) = find_word(&tokens[..when], 0, "ON") {
        compared(&tokens[on + 1..when], &mut fact.conflict_columns);
    }
    if let Some(update) = find_word(tokens, when, "UPDATE") {
        fact.conflict = Conflict::DoUpdate;
        let set = find_word(tokens, update, "SET").map_or(tokens.len(), |set| set + 1);
        let stop = clause_start(tokens, set, &["WHEN", "WHERE"]);
        // The source's columns are no old values of the target's.
        let source = find_word(&tokens[..when], 0, "USING").and_then(|using| {
            let on = find_word(&tokens[..when], using, "ON")?;
            tokens[using + 1..on].iter().rev().find(|token| token.is_name())
        });
        increments(&assignments(&tokens[set..stop]), source.map(|token| token.text), &mut fact);
    }
    if let Some(insert) = find_word(tokens, when, "INSERT")
        && tokens.get(insert + 1).is_some_and(|token| token.is("("))
    {
        fact.columns = names_in(&tokens[insert + 2..closing(tokens, insert + 1)]);
    }
    fact
}

fn update(tokens: &[Token], line: u32) -> SqlFact {
    let only = usize::from(tokens.first().is_some_and(|token| token.word("ONLY")));
    let (table, used) = name(&tokens[only..]);
    let mut fact = SqlFact::new(Verb::Update, table, line);
    let set = find_word(tokens, only + used, "SET").map_or(tokens.len(), |set| set + 1);
    let stop = clause_start(tokens, set, &["WHERE", "FROM"]);
    let sets = assignments(&tokens[set..stop]);
    fact.columns = sets.iter().flat_map(targets).collect();
    increments(&sets, None, &mut fact);
    where_columns(&tokens[stop..], &mut fact.where_columns);
    fact
}

fn delete(tokens: &[Token], line: u32) -> SqlFact {
    let start = find_word(tokens, 0, "FROM").map_or(0, |from| from + 1);
    let mut fact = SqlFact::new(Verb::Delete, name(&tokens[start..]).0, line);
    where_columns(&tokens[start..], &mut fact.where_columns);
    fact
}

fn select(tokens: &[Token], line: u32) -> SqlFact {
    let from = find_word(tokens, 0, "FROM").unwrap_or(tokens.len());
    let mut fact = SqlFact::new(Verb::Select, String::new(), line);
    let mut source = tokens.get(from + 1..).unwrap_or(&[]);
    while source.first().is_some_and(|token| token.is("(") || token.word("LATERAL")) {
        source = match find_any_depth(source, "FROM") {
            Some(inner) => &source[inner + 1..],
            None => &source[1..],
        };
    }
    if from == tokens.len() {
        // SELECT EXISTS (SELECT … FROM t …): the only table is inside.
        if let Some(inner) = find_any_depth(tokens, "FROM") {
            source = &tokens[inner + 1..];
            let close = source.len();
            where_columns(&source[..close], &mut fact.where_columns);
        }
    }
    let source = source.iter().position(|token| !token.word("ONLY")).map_or(source, |at| &source[at..]);
    fact.table = name(source).0;
    for item in split(&tokens[..from], ",") {
        let item = match item {
            [first, on, rest @ ..] if first.word("DISTINCT") && on.word("ON") => {
                rest.get(closing(rest, 0) + 1..).unwrap_or(&[])
            }
            [first, rest @ ..] if first.word("DISTINCT") || first.word("ALL") => rest,
            item => item,
        };
        let (column, used) = name(item);
        let plain = used == item.len() || item.get(used).is_some_and(|token| token.word("AS"));
        if plain && used > 0 {
            push_unique(&mut fact.columns, last_part(&column));
        } else if let [.., word, alias] = item
            && word.word("AS")
        {
            push_unique(&mut fact.columns, alias.text.to_owned());
        }
    }
    where_columns(tokens.get(from..).unwrap_or(&[]), &mut fact.where_columns);
    fact
}

fn create(tokens: &[Token], line: u32) -> SqlFact {
    let unique = tokens.first().is_some_and(|token| token.word("UNIQUE"));
    let object = tokens.iter().take(5).position(|token| token.word("TABLE") || token.word("INDEX"));
    let Some(object) = object else {
        return SqlFact::new(Verb::Other, String::new(), line);
    };
    let rest = &tokens[object + 1..];
    if tokens[object].word("INDEX") {
        return create_index(rest, unique, line);
    }
    let start = rest
        .iter()
        .position(|token| !["IF", "NOT", "EXISTS"].iter().any(|word| token.word(word)))
        .unwrap_or(rest.len());
    let (table, used) = name(&rest[start..]);
    let mut fact = SqlFact::new(Verb::CreateTable, table, line);
    let open = start + used;
    if rest.get(open).is_some_and(|token| token.is("(")) {
        for definition in split(&rest[open + 1..closing(rest, open)], ",") {
            definition_of(definition, &mut fact);
        }
    }
    fact
}

/// A column or a key of a table.
fn definition_of(tokens: &[Token], fact: &mut SqlFact) {
    let tokens = match tokens {
        [first, _, rest @ ..] if first.word("CONSTRAINT") => rest,
        tokens => tokens,
    };
    let Some(first) = tokens.first() else { return };
    let primary = first.word("PRIMARY") && tokens.get(1).is_some_and(|token| token.word("KEY"));
    if primary || (first.word("UNIQUE") && first.kind == Kind::Word) {
        if let Some(open) = tokens.iter().position(|token| token.is("(")) {
            let key = names_in(&tokens[open + 1..closing(tokens, open)]);
            if !key.is_empty() {
                fact.unique_keys.push(key);
            }
        }
        return;
    }
    let other = ["FOREIGN", "CHECK", "EXCLUDE", "LIKE", "FULLTEXT", "SPATIAL"];
    if !first.is_name() || other.iter().any(|word| first.word(word)) || is_index(tokens) {
        return;
    }
    let column = first.text.to_owned();
    if pair(tokens, "PRIMARY", "KEY") || has_word(&tokens[1..], "UNIQUE") {
        fact.unique_keys.push(vec![column.clone()]);
    }
    push_unique(&mut fact.columns, column);
}

/// `KEY name (columns)`; but `key varchar(10)` is a column.
fn is_index(tokens: &[Token]) -> bool {
    (tokens[0].word("KEY") || tokens[0].word("INDEX"))
        && tokens
            .iter()
            .take(3)
            .position(|token| token.is("("))
            .is_some_and(|open| tokens.get(open + 1).is_some_and(Token::is_name))
}

fn create_index(tokens: &[Token], unique: bool, line: u32) -> SqlFact {
    let on = find_word(tokens, 0, "ON").map_or(tokens.len(), |on| on + 1);
    let only = usize::from(tokens.get(on).is_some_and(|token| token.word("ONLY")));
    let (table, _) = name(&tokens[(on + only).min(tokens.len())..]);
    let mut fact = SqlFact::new(Verb::CreateIndex, table, line);
    if let Some(open) = (on..tokens.len()).find(|&at| tokens[at].is("(")) {
        let close = closing(tokens, open);
        fact.columns = names_in(&tokens[open + 1..close]);
        if unique && !fact.columns.is_empty() {
            fact.unique_keys.push(fact.columns.clone());
        }
        let after = tokens.get(close + 1..).unwrap_or(&[]);
        where_columns(after, &mut fact.where_columns);
    }
    fact
}

fn alter_table(tokens: &[Token], line: u32) -> SqlFact {
    let start = tokens
        .iter()
        .position(|token| !["IF", "EXISTS", "ONLY"].iter().any(|word| token.word(word)))
        .unwrap_or(tokens.len());
    let (table, used) = name(&tokens[start..]);
    let mut fact = SqlFact::new(Verb::AlterTable, table, line);
    for action in split(&tokens[start + used..], ",") {
        let Some((first, mut rest)) = action.split_first() else {
            continue;
        };
        if !first.word("ADD") {
            continue;
        }
        if rest.first().is_some_and(|token| token.word("COLUMN")) {
            rest = &rest[1..];
        }
        while rest.first().is_some_and(|token| ["IF", "NOT", "EXISTS"].iter().any(|word| token.word(word))) {
            rest = &rest[1..];
        }
        definition_of(rest, &mut fact);
    }
    fact
}
