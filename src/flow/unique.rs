//! Unique keys: an insert under a key that the message brings is refused when the message comes
//! again. Migrations say which columns are unique, tags of models which fields; where neither does, code
//! makes the indexes (`MongoDB`).

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;
use rustc_hash::FxHashMap;

use crate::rules::{Matcher, Role, Rule};
use crate::syntax::facts::{Expr, ExprId, Field};
use crate::syntax::sql::SqlFact;

use super::eval::Eval;
use super::matches::{Index, Match};
use super::program::Site;
use super::select::select;
use super::statement;
use super::types::Type;
use super::value::Value;

/// The unique keys of tables, as migrations create them.
#[derive(Debug, Default)]
pub struct UniqueKeys {
    /// By the table's name in lower case: the file, and the columns of one key.
    tables: FxHashMap<String, Vec<(String, Vec<String>)>>,
    /// Those that code makes: the file, and the fields of one key. Which collection an index is made
    /// for is seldom written where it is made; the one whose documents have such fields is meant.
    indexes: Vec<(String, Vec<String>)>,
}

impl UniqueKeys {
    /// Of the statements of migrations.
    pub fn of(files: &[(String, Vec<SqlFact>)]) -> UniqueKeys {
        let mut keys = UniqueKeys::default();
        for (path, statements) in files {
            for statement in statements {
                let table = keys.tables.entry(statement.table_name().to_lowercase()).or_default();
                table.extend(statement.unique_keys.iter().map(|columns| (path.clone(), columns.clone())));
            }
        }
        keys
    }

    /// The same with those that code makes.
    #[must_use]
    pub fn with_indexes(mut self, eval: &Eval<'_>, index: &Index, matches: &[Match]) -> UniqueKeys {
        for made in matches.iter().filter(|m| index.rule(m.rule).role == Role::UniqueKey) {
            let named = index.rule(made.rule).value.iter().map(|value| select(eval, made.site, value));
            let fields = named.map(|value| names(&value)).find(|fields| !fields.is_empty());
            let (path, _) = eval.types.program.place(made.site);
            self.indexes.extend(fields.map(|fields| (path.to_owned(), fields)));
        }
        self
    }

    /// The keys of a table as code in `path` sees it.
    fn of_table(&self, table: &str, path: &str) -> Vec<&[String]> {
        self.tables.get(&table.to_lowercase()).map_or_else(Vec::new, |keys| nearest(keys, path))
    }

    /// The values that the insert at `site` gives for each unique key it has.
    pub fn given(&self, eval: &Eval<'_>, site: Site, rule: &Rule) -> Vec<Vec<Value>> {
        if matches!(rule.matcher, Matcher::Sql { .. }) {
            return self.given_to_table(eval, site);
        }
        let selected = |selector| select(eval, site, selector);
        let mut keys: Vec<Vec<Value>> = rule.unique.iter().map(|s| vec![selected(s)]).collect();
        if let Some(tags) = &rule.unique_tag {
            let model = rule.value.iter().map(selected).find(|value| !value.is_unset());
            keys.extend(model.map(|model| given_to_model(eval, &model, tags)).unwrap_or_default());
        }
        if let Some(field) = &rule.unique_field {
            let model = rule.value.iter().map(selected).find(|value| !value.is_unset());
            let (path, _) = eval.types.program.place(site);
            let given = |key: &[String]| given_to_fields(eval, model.as_ref()?, field, key);
            keys.extend(nearest(&self.indexes, path).into_iter().filter_map(given));
        }
        if let Some(table) = rule.unique_table.iter().map(selected).find(|value| !value.is_unset()) {
            keys.extend(self.given_in_code(eval, site, rule, &table));
        }
        keys
    }

    /// The values that a call gives for the keys of a table it names, without any SQL text.
    fn given_in_code(&self, eval: &Eval<'_>, site: Site, rule: &Rule, table: &Value) -> Vec<Vec<Value>> {
        let (path, _) = eval.types.program.place(site);
        let named = table.render(eval.types.program);
        // `schema::orders::table`, `orders::dsl::orders`: the last part that is a table's name.
        let parts = named.rsplit(|c: char| !c.is_alphanumeric() && c != '_');
        let keys = parts.map(|part| self.of_table(part, path)).find(|keys| !keys.is_empty());
        let given = |key: &[String]| -> Option<Vec<Value>> {
            let values = key.iter().map(|name| in_code(eval, site, rule, name)).collect::<Vec<Value>>();
            values.iter().all(|value| !value.is_unset()).then_some(values)
        };
        keys.unwrap_or_default().into_iter().filter_map(given).collect()
    }

    fn given_to_table(&self, eval: &Eval<'_>, site: Site) -> Vec<Vec<Value>> {
        let Some(run) = statement::run(eval, site) else { return Vec::new() };
        let (path, _) = eval.types.program.place(site);
        let given = |table: &str, key: &[String]| -> Option<Vec<Value>> {
            let column = |column| statement::column(eval, site, column);
            let values: Vec<Value> = key.iter().map(|name| column(name)).collect();
            (!table.is_empty() && values.iter().all(|value| !value.is_unset())).then_some(values)
        };
        let of = |statement: &SqlFact| -> Vec<Vec<Value>> {
            let table = statement.table_name();
            self.of_table(table, path).into_iter().filter_map(|key| given(table, key)).collect()
        };
        run.statements.iter().flat_map(of).collect()
    }
}

/// The keys whose files are nearest to `path`: services may have tables of the same name, and the nearest
/// are its own.
fn nearest<'k>(keys: &'k [(String, Vec<String>)], path: &str) -> Vec<&'k [String]> {
    let shared = |file: &str| file.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count();
    let nearest = keys.iter().map(|(file, _)| shared(file)).max().unwrap_or_default();
    keys.iter().filter(|(file, _)| shared(file) == nearest).map(|(_, key)| key.as_slice()).collect()
}

/// The fields that a description of an index names: the keys of a map, or pairs of a field and its order
/// (`bson.D{{Key: "user_id", Value: 1}}`). Nothing where one of them is not known.
fn names(value: &Value) -> Vec<String> {
    let Value::Object(object) = value else { return Vec::new() };
    let name = |(key, value): &(Arc<str>, Value)| match value {
        Value::Object(pair) => match pair.fields.iter().find(|(name, _)| matches!(&**name, "Key" | "#0"))? {
            (_, Value::Str(field)) => Some(field.to_string()),
            _ => None,
        },
        _ => Some(key.to_string()),
    };
    object.fields.iter().map(name).collect::<Option<Vec<String>>>().unwrap_or_default()
}

/// The values that a model has for the fields of a key, as its tags call them; nothing where it lacks one.
fn given_to_fields(eval: &Eval<'_>, model: &Value, tag: &Regex, key: &[String]) -> Option<Vec<Value>> {
    let model = rows(model).into_iter().next()?;
    let Type::Named(ty, _) = eval.type_of(model) else { return None };
    let facts = eval.types.program.facts(ty.file);
    let fields = facts.fields(&facts.types[ty.ty.0 as usize].fields);
    let called = |field: &Field| tag.captures(facts.text(field.tag))?.get(1).map(|name| name.as_str());
    let value = |name: &String| {
        let field = fields.iter().find(|field| called(field) == Some(name.as_str()))?;
        Some(eval.member_value(model.clone(), &Type::Unknown, facts.text(field.name)))
    };
    key.iter().map(value).collect()
}

/// What a call gives for a column: the field of what it inserts, or, in a list, the argument of a call
/// on the column (`orders::id.eq(id)`).
fn in_code(eval: &Eval<'_>, site: Site, rule: &Rule, column: &str) -> Value {
    let facts = eval.types.program.facts(site.file);
    let Expr::Call { args, .. } = facts.expr(site.expr) else { return Value::Unset };
    let set = |&expr: &ExprId| {
        let Expr::Call { callee, args, .. } = facts.expr(expr) else { return None };
        let Expr::Field { base, .. } = facts.expr(callee) else { return None };
        let (Expr::Field { name, .. } | Expr::Name(name)) = facts.expr(base) else { return None };
        let &[value] = facts.list(args) else { return None };
        (facts.text(name) == column).then(|| eval.value(Site { file: site.file, expr: value }))
    };
    let listed = facts.list(args).iter().flat_map(|&arg| match facts.expr(arg) {
        Expr::Composite { entries, .. } => facts.list(entries).iter().skip(1).step_by(2).copied().collect(),
        _ => vec![arg],
    });
    let listed: Vec<ExprId> = listed.collect();
    listed.iter().find_map(set).unwrap_or_else(|| {
        let mut inserted = rule.value.iter().map(|selector| select(eval, site, selector));
        let model = inserted.find(|value| !value.is_unset()).unwrap_or(Value::Unset);
        eval.member_value(model, &Type::Unknown, column)
    })
}

/// The values of the fields of a model, or of each of several in a list, that its tags mark as unique.
/// What the pattern captures names a key of several fields.
fn given_to_model(eval: &Eval<'_>, model: &Value, tags: &Regex) -> Vec<Vec<Value>> {
    let mut keys: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in rows(model) {
        let Type::Named(ty, _) = eval.type_of(row) else { return Vec::new() };
        let facts = eval.types.program.facts(ty.file);
        for field in facts.fields(&facts.types[ty.ty.0 as usize].fields) {
            let Field { name, tag, .. } = field;
            let Some(found) = tags.captures(facts.text(*tag)) else { continue };
            let named = found.iter().skip(1).flatten().last().map(|group| group.as_str());
            let key = named.map_or_else(|| format!("field {}", facts.text(*name)), str::to_lowercase);
            let value = eval.member_value(row.clone(), &Type::Unknown, facts.text(*name));
            keys.entry(key).or_default().push(value);
        }
    }
    keys.into_values().collect()
}

/// The rows that are inserted: one model, or those that were put into a list. A list as it was declared
/// holds none.
fn rows(model: &Value) -> Vec<&Value> {
    match model {
        Value::List(items) => items.iter().flat_map(rows).collect(),
        Value::OneOf(ways) => {
            ways.iter().filter(|way| !matches!(way, Value::Typed(_))).flat_map(rows).collect()
        }
        one => vec![one],
    }
}
