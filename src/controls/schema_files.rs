//! Schemas that cannot do their work: a file that is registered and not there, one that no validator
//! can compile, a type of event that is checked and has none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::audit::{EventSchema, Evidence, Place};
use crate::flow::Flow;
use crate::flow::eval::Eval;
use crate::flow::manifest::Contract;
use crate::flow::resolve::everything;
use crate::flow::value::Value;
use crate::read::Repository;
use crate::rules::{Matcher, Role};
use crate::syntax::facts::Expr;
use crate::syntax::yaml::{Node, Value as Held};

use super::finding::{Draft, place};
use super::verdict::evidence;
use crate::flow::program::Site;

/// The findings of all services.
pub fn findings(
    flow: &Flow<'_>,
    repository: &Repository,
    names: &[String],
    schemas: &[EventSchema],
) -> Vec<Draft> {
    let mut out = unregistered(flow, names, schemas);
    out.extend(files(repository, schemas.iter()));
    out
}

/// The findings about the payloads that contracts describe.
pub fn of_contracts(repository: &Repository, contracts: &[(&Contract, EventSchema)]) -> Vec<Draft> {
    let elsewhere = |(contract, _): &&(&Contract, EventSchema)| contract.reference.is_some();
    let mut out = files(repository, contracts.iter().filter(elsewhere).map(|(_, schema)| schema));
    for (contract, schema) in contracts {
        if let Some((line, problem)) = wrong(&contract.schema) {
            let mut draft =
                draft("schema-file-invalid", schema, Place { path: schema.at.path.clone(), line });
            draft.fill.push(("file", schema.at.path.clone()));
            draft.fill.push(("problem", problem));
            out.push(draft);
        }
    }
    out
}

/// Files of schemas that are not there, or that no validator can compile.
fn files<'s>(repository: &Repository, schemas: impl Iterator<Item = &'s EventSchema>) -> Vec<Draft> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for schema in schemas.filter(|s| is_file(&s.schema)) {
        if !seen.insert((&schema.service, &schema.schema)) {
            continue;
        }
        let path = schema.schema.trim_start_matches(['.', '/']);
        let there = repository.listing.iter().find(|file| file.path.ends_with(path));
        let Some(file) = there else {
            let mut draft = draft("schema-file-missing", schema, schema.at.clone());
            draft.fill.push(("file", schema.schema.clone()));
            out.push(draft);
            continue;
        };
        if let Some((line, problem)) = broken(repository, &file.path) {
            let mut draft = draft("schema-file-invalid", schema, Place { path: file.path.clone(), line });
            draft.fill.push(("file", file.path.clone()));
            draft.fill.push(("problem", problem));
            out.push(draft);
        }
    }
    out
}

fn draft(rule: &'static str, schema: &EventSchema, at: Place) -> Draft {
    let mut draft = Draft::new(rule, &schema.service, &schema.schema, at);
    draft.evidence.push(Evidence {
        path: schema.at.path.clone(),
        line: schema.at.line,
        role: Role::ValidateRegister.name().to_owned(),
        note: schema.schema.clone(),
    });
    draft.fill.push(("event", schema.event_type.clone()));
    draft
}

/// Whether a text names one file whole: with a stem, an ending and nothing left to be filled in.
fn is_file(text: &str) -> bool {
    let name = text.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let whole = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    !stem.is_empty()
        && text.chars().all(whole)
        && ["json", "avsc", "yaml", "yml"].iter().any(|end| name.ends_with(&format!(".{end}")))
}

/// Why no validator can compile a schema, with the line.
fn broken(repository: &Repository, path: &str) -> Option<(u32, String)> {
    let (_, nodes) = repository.documents.iter().find(|(known, _)| known == path)?;
    let unread = repository.diagnostics.iter().find(|d| d.path == path && d.message.starts_with("line "));
    if let Some(diagnostic) = unread {
        let line = diagnostic.message["line ".len()..].split(',').next()?.parse().ok()?;
        let problem = diagnostic.message.split_once(": ").map_or("", |(_, text)| text);
        return Some((line, problem.to_owned()));
    }
    // Avro and other languages have words of their own.
    let json = Path::new(path).extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
    let root = nodes.first().filter(|_| json)?;
    match &root.value {
        Held::Map(_) => wrong(root),
        Held::Bool(_) => None,
        _ => Some((root.line, "a schema is an object".to_owned())),
    }
}

/// The first keyword of a JSON Schema whose value it cannot have
/// (<https://json-schema.org/draft/2020-12/json-schema-validation>).
fn wrong(schema: &Node) -> Option<(u32, String)> {
    const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "string", "integer"];
    if let Some(ty) = schema.get("type") {
        let named: Vec<&Node> = if ty.items().is_empty() { vec![ty] } else { ty.items().iter().collect() };
        for name in named {
            match name.as_str() {
                Some(text) if TYPES.contains(&text) => {}
                text => {
                    let text = text.unwrap_or("this");
                    return Some((name.line, format!("{text} is no type of JSON Schema")));
                }
            }
        }
    }
    if let Some(required) = schema.get("required") {
        let list = matches!(required.value, Held::List(_));
        if !list || required.items().iter().any(|item| item.as_str().is_none()) {
            return Some((required.line, "required is a list of names".to_owned()));
        }
    }
    if let Some(properties) = schema.get("properties") {
        let Held::Map(entries) = &properties.value else {
            return Some((properties.line, "properties is an object".to_owned()));
        };
        for entry in entries {
            match &entry.value.value {
                Held::Map(_) => {
                    if let Some(found) = wrong(&entry.value) {
                        return Some(found);
                    }
                }
                Held::Bool(_) => {}
                _ => return Some((entry.key_line, format!("{} is no schema", entry.key))),
            }
        }
    }
    schema.get("items").filter(|items| matches!(items.value, Held::Map(_))).and_then(wrong)
}

/// Types of event that a registry is asked to check, in a service that registers others and not these.
fn unregistered(flow: &Flow<'_>, names: &[String], schemas: &[EventSchema]) -> Vec<Draft> {
    let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for schema in schemas {
        known.entry(&schema.service).or_default().insert(&schema.event_type);
    }
    let eval = Eval::new(flow.types);
    let mut out = Vec::new();
    for matched in &flow.matches {
        let rule = flow.index.rule(matched.rule);
        if rule.role != Role::Validate || !matches!(rule.matcher, Matcher::Function { .. }) {
            continue;
        }
        let facts = flow.types.program.facts(matched.site.file);
        let Expr::Call { args, .. } = facts.expr(matched.site.expr) else { continue };
        let args = facts.list(args);
        let Some(&first) = args.first().filter(|_| args.len() == 2) else { continue };
        let value = eval.value(Site { file: matched.site.file, expr: first });
        let texts = everything(&eval, &flow.graph, &value, 4);
        let texts: Vec<&str> = texts
            .iter()
            .filter_map(|v| if let Value::Str(text) = v { Some(&**text) } else { None })
            .collect();
        for service in flow.attribution.services(matched.site.file, matched.func) {
            let Some(known) = known.get(names[service].as_str()) else { continue };
            for text in texts.iter().filter(|text| !text.is_empty() && !known.contains(**text)) {
                let at = place(flow, matched.site);
                let mut draft = Draft::new("event-type-without-schema", &names[service], text, at);
                draft.evidence.push(evidence(flow, matched.site, Role::Validate.name()));
                draft.fill.push(("event", (*text).to_owned()));
                out.push(draft);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_are_files() {
        for (text, is) in [
            ("schemas/order.json", true),
            ("./order_event.avsc", true),
            ("order.json", true),
            (".json", false),
            ("schemas/%s.json", false),
            ("{dir}/order.json", false),
            ("schema.PriceUpdated", false),
            ("https://example.com/order.json", false),
        ] {
            assert_eq!(is_file(text), is, "{text}");
        }
    }

    #[test]
    fn what_no_validator_compiles_is_told_with_its_line() {
        let of = |text: &str| wrong(&crate::syntax::yaml::parse(text).0[0]);
        assert_eq!(of("{\"type\": \"object\", \"required\": [\"id\"]}"), None);
        assert_eq!(of("{\n\"type\": \"text\"}"), Some((2, "text is no type of JSON Schema".to_owned())));
        assert_eq!(of("{\"required\": true}"), Some((1, "required is a list of names".to_owned())));
        let deep = "{\"properties\": {\"id\": {\"type\": \"uuid\"}}}";
        assert_eq!(of(deep), Some((1, "uuid is no type of JSON Schema".to_owned())));
        assert_eq!(of("{\"properties\": {\"type\": {\"type\": [\"string\", \"null\"]}}}"), None);
    }
}
