//! From tokens to facts, one statement at a time.

use super::token::{Kind, Token};
use super::{Conflict, SqlFact, Verb};

/// How deep common table expressions may nest.
const MAX_NESTING: usize = 16;

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
    "AND", "OR", "NOT", "NULL", "TRUE", "FALSE", "IS", "IN", "ANY", "ALL", "SOME", "EXISTS",
    "CASE", "WHEN", "THEN", "ELSE", "END", "WHERE", "SELECT", "FROM", "BETWEEN", "LIKE", "ILIKE",
    "INTERVAL", "DISTINCT", "ON", "SET", "VALUES", "AS", "CURRENT", "COLLATE",
];

/// Heads of statements that are SQL and say nothing more.
const OTHER_HEADS: &[&str] = &[
    "DROP", "TRUNCATE", "GRANT", "REVOKE", "COMMENT", "CALL", "LOCK", "COPY", "VACUUM", "REFRESH",
    "RENAME",
];

/// Reads one statement; facts of common table expressions that write come before its own.
pub(super) fn statement(tokens: &[Token], facts: &mut Vec<SqlFact>) {
    let first = facts.len();
    nested(tokens, facts, 0);
    let skip_locked = pair(tokens, "SKIP", "LOCKED") || has_word(tokens, "READPAST");
    let locks = ["UPDATE", "SHARE", "NO", "KEY"]
        .iter()
        .any(|kind| pair(tokens, "FOR", kind));
    for fact in &mut facts[first..] {
        fact.skip_locked = skip_locked;
        fact.locks_rows = locks;
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
    let end = clause_start(
        tokens,
        at,
        &["VALUES", "SELECT", "WITH", "SET", "DEFAULT", "ON"],
    );
    if tokens.get(at).is_some_and(|token| token.is("(")) {
        let close = closing(tokens, at);
        if !tokens.get(at + 1).is_some_and(|token| token.word("SELECT")) {
            fact.columns = names_in(&tokens[at + 1..close]);
        }
    }
    if tokens.get(end).is_some_and(|token| token.word("SET")) {
        // MySQL: INSERT INTO t SET a = 1.
        let stop = clause_start(tokens, end + 1, &["ON"]);
        fact.columns = assignments(&tokens[end + 1..stop])
            .iter()
            .flat_map(targets)
            .collect();
    }
    if let Some(values_alias) = values_alias(tokens, end) {
        alias = Some(values_alias);
    }
    fact.guarded = pair(tokens, "NOT", "EXISTS");
    where_columns(&tokens[end.min(tokens.len())..], &mut fact.where_columns);
    on_conflict(tokens, at, alias, &mut fact);
    fact
}

/// `VALUES (…) AS new`, MySQL's name for the rows that came in.
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
            let no_op = |set: &Assignment| {
                set.value.len() == 1 && targets(set) == [set.value[0].text.to_owned()]
            };
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
            if tokens
                .get(action + 1)
                .is_some_and(|token| token.word("UPDATE"))
            {
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
            tokens[using + 1..on]
                .iter()
                .rev()
                .find(|token| token.is_name())
        });
        increments(
            &assignments(&tokens[set..stop]),
            source.map(|token| token.text),
            &mut fact,
        );
    }
    if let Some(insert) = find_word(tokens, when, "INSERT") {
        if tokens.get(insert + 1).is_some_and(|token| token.is("(")) {
            fact.columns = names_in(&tokens[insert + 2..closing(tokens, insert + 1)]);
        }
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
    while source
        .first()
        .is_some_and(|token| token.is("(") || token.word("LATERAL"))
    {
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
    let source = source
        .iter()
        .position(|token| !token.word("ONLY"))
        .map_or(source, |at| &source[at..]);
    fact.table = name(source).0;
    for item in split(&tokens[..from], ",") {
        let item = match item {
            [first, rest @ ..] if first.word("DISTINCT") || first.word("ALL") => rest,
            item => item,
        };
        let (column, used) = name(item);
        let plain = used == item.len() || item.get(used).is_some_and(|token| token.word("AS"));
        if plain && used > 0 {
            push_unique(&mut fact.columns, last_part(&column));
        } else if let [.., word, alias] = item {
            if word.word("AS") {
                push_unique(&mut fact.columns, alias.text.to_owned());
            }
        }
    }
    where_columns(tokens.get(from..).unwrap_or(&[]), &mut fact.where_columns);
    fact
}

fn create(tokens: &[Token], line: u32) -> SqlFact {
    let unique = tokens.first().is_some_and(|token| token.word("UNIQUE"));
    let object = tokens
        .iter()
        .take(5)
        .position(|token| token.word("TABLE") || token.word("INDEX"));
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
    let other = [
        "FOREIGN", "CHECK", "EXCLUDE", "INDEX", "KEY", "LIKE", "FULLTEXT", "SPATIAL", "PERIOD",
    ];
    if !first.is_name() || other.iter().any(|word| first.word(word)) {
        return;
    }
    let column = first.text.to_owned();
    if pair(tokens, "PRIMARY", "KEY") || has_word(&tokens[1..], "UNIQUE") {
        fact.unique_keys.push(vec![column.clone()]);
    }
    push_unique(&mut fact.columns, column);
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
        where_columns(&tokens[close..], &mut fact.where_columns);
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
        while rest
            .first()
            .is_some_and(|token| ["IF", "NOT", "EXISTS"].iter().any(|word| token.word(word)))
        {
            rest = &rest[1..];
        }
        definition_of(rest, &mut fact);
    }
    fact
}

/// One `target = value` of a `SET` list.
struct Assignment<'t, 'a> {
    target: &'t [Token<'a>],
    value: &'t [Token<'a>],
}

fn assignments<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<Assignment<'t, 'a>> {
    split(tokens, ",")
        .filter_map(|part| {
            let equals = part
                .iter()
                .position(|token| token.is("=") || token.is(":="))?;
            Some(Assignment {
                target: &part[..equals],
                value: &part[equals + 1..],
            })
        })
        .collect()
}

/// The columns an assignment sets: one, or several in parentheses.
fn targets(set: &Assignment) -> Vec<String> {
    match set.target {
        [open, inner @ .., _] if open.is("(") => names_in(inner),
        target => {
            let (column, used) = name(target);
            if used == 0 {
                Vec::new()
            } else {
                vec![last_part(&column)]
            }
        }
    }
}

/// Finds the assignments whose value is computed from the column's own old value.
fn increments(sets: &[Assignment], alias: Option<&str>, fact: &mut SqlFact) {
    for set in sets {
        let [column] = &targets(set)[..] else {
            continue;
        };
        let computes = set
            .value
            .iter()
            .any(|token| ["+", "-", "*", "/"].iter().any(|sign| token.is(sign)));
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
            let qualifier = found
                .rsplit_once('.')
                .map_or("", |(qualifier, _)| qualifier);
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
fn where_columns(tokens: &[Token], out: &mut Vec<String>) {
    if let Some(start) = find_word(tokens, 0, "WHERE") {
        let stop = clause_start(tokens, start + 1, &[]);
        compared(&tokens[start + 1..stop], out);
    }
}

/// Names beside a comparison; what is inside a subquery is its own business.
fn compared(tokens: &[Token], out: &mut Vec<String>) {
    let mut groups = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        if token.is("(") {
            if tokens
                .get(at + 1)
                .is_some_and(|next| next.word("SELECT") || next.word("WITH"))
            {
                at = closing(tokens, at) + 1;
                continue;
            }
            groups.push(at);
        } else if token.is(")") {
            let open = groups.pop();
            if let Some(open) = open.filter(|_| compares(&tokens[at + 1..])) {
                // (a, b) = …, lower(a) = …
                let inner = &tokens[open + 1..at];
                if inner
                    .iter()
                    .all(|token| token.is_name() || token.is(",") || token.is("."))
                {
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
        let keyword = token.kind == Kind::Word
            && used == 1
            && NOT_COLUMNS.iter().any(|word| token.word(word));
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
        ["=", "<", ">", "<>", "!=", "<=", ">=", "~", "@"]
            .iter()
            .any(|sign| token.is(sign))
            || ["IN", "LIKE", "ILIKE", "IS", "BETWEEN", "NOT"]
                .iter()
                .any(|word| token.word(word))
    })
}

/// A name with its dots, and how many tokens it takes; a keyword may be a name.
fn name(tokens: &[Token]) -> (String, usize) {
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

fn last_part(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}

/// The names in a list of columns: `a, "b" DESC, lower(c), d(10)`.
fn names_in(tokens: &[Token]) -> Vec<String> {
    let mut out = Vec::new();
    for part in split(tokens, ",") {
        let (column, used) = name(part);
        let argument = part.get(used).is_some_and(|token| token.is("("))
            && part.get(used + 1).is_some_and(Token::is_name);
        let column = if argument || used == 0 {
            let inner = part
                .iter()
                .position(|token| token.is("("))
                .map_or(part.len(), |at| at + 1);
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

fn push_unique(out: &mut Vec<String>, item: String) {
    if !out.contains(&item) {
        out.push(item);
    }
}

/// Splits at a symbol outside parentheses.
fn split<'t, 'a>(
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

/// The index of the parenthesis that closes the one at `open`; the end if none does.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len()
}

/// The first keyword at the depth of `from`, outside parentheses opened after it.
fn find_word(tokens: &[Token], from: usize, word: &str) -> Option<usize> {
    first_outside(tokens, from, |token| token.word(word))
}

fn find_any_depth(tokens: &[Token], word: &str) -> Option<usize> {
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
fn clause_start(tokens: &[Token], from: usize, more: &[&str]) -> usize {
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

fn has_word(tokens: &[Token], word: &str) -> bool {
    tokens.iter().any(|token| token.word(word))
}

fn pair(tokens: &[Token], first: &str, second: &str) -> bool {
    tokens
        .windows(2)
        .any(|pair| pair[0].word(first) && pair[1].word(second))
}
