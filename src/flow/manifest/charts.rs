//! Helm charts: what `{{ .Values.kafka.topic }}` in a template stands for, by the values that the chart
//! sets.
//!
//! Left out is what templates compute (`include`, `range`, `with`): what depends on it stays in
//! braces, as everything does that nobody can say.

use crate::flow::program::parent;
use crate::syntax::yaml::{Node, Value};
use rustc_hash::FxHashMap;

/// The charts of a tree, by their folders.
pub struct Charts<'n> {
    /// The description of each chart.
    described: FxHashMap<&'n str, &'n Node>,
    /// The values beside each.
    values: FxHashMap<&'n str, &'n Node>,
}

/// The chart that a document belongs to.
pub struct Chart<'n> {
    /// Its name.
    pub name: &'n str,
    /// Its values, those first that override others.
    values: Vec<&'n Node>,
}

/// What a term stands for: nothing where nobody can say, `Some(None)` where it is not set.
type Said = Option<Option<String>>;

impl<'n> Charts<'n> {
    /// Gathers the charts.
    pub fn new(documents: &'n [(String, Vec<Node>)]) -> Charts<'n> {
        let named = |names: &[&str]| -> FxHashMap<&'n str, &'n Node> {
            let fits = |path: &str| path.rsplit('/').next().is_some_and(|name| names.contains(&name));
            let found = documents.iter().filter(|(path, _)| fits(path));
            found.filter_map(|(path, nodes)| Some((parent(path), nodes.first()?))).collect()
        };
        Charts {
            described: named(&["Chart.yaml", "Chart.yml"]),
            values: named(&["values.yaml", "values.yml"]),
        }
    }

    /// The chart whose folder holds a file.
    pub fn of(&self, path: &'n str) -> Option<Chart<'n>> {
        if self.described.is_empty() {
            return None;
        }
        let mut folder = parent(path);
        let described = loop {
            match self.described.get(folder) {
                Some(described) => break described,
                None if folder.is_empty() => return None,
                None => folder = parent(folder),
            }
        };
        let label = folder.rsplit('/').next().unwrap_or_default();
        let name = described.get("name").and_then(Node::as_str).unwrap_or(label);
        // What a chart is part of sets values of it under its name.
        let around = parent(folder);
        let around = if around.ends_with("charts") { self.values.get(parent(around)) } else { None };
        let given = around.and_then(|values| values.get(name));
        let values = given.into_iter().chain(self.values.get(folder).copied()).collect();
        Some(Chart { name, values })
    }
}

impl Chart<'_> {
    /// A text with what its actions stand for.
    pub fn filled(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            let (inner, tail) = after.split_once("}}").unwrap_or((after, ""));
            let inner = inner.trim_matches(['-', ' ', '\t']);
            out.push_str(&self.action(inner).unwrap_or_else(|| format!("{{{inner}}}")));
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    /// What an action writes: a term, and the functions it is handed to.
    fn action(&self, text: &str) -> Option<String> {
        let words = words(text);
        let mut parts = words.split(|word| word == "|");
        let mut said = self.call(parts.next()?, None);
        for part in parts {
            said = self.call(part, Some(said));
        }
        said.flatten().filter(|text| !text.is_empty())
    }

    /// A term or a call, with what comes through the pipe as its last argument.
    fn call(&self, words: &[String], piped: Option<Said>) -> Said {
        let (name, given) = words.split_first()?;
        if given.is_empty() && piped.is_none() {
            return self.term(name);
        }
        let mut args: Vec<Said> = given.iter().map(|word| self.term(word)).collect();
        args.extend(piped);
        match (name.as_str(), args.as_slice()) {
            ("quote" | "squote" | "toString" | "trim" | "required", [.., last]) | ("tpl", [last, ..]) => {
                last.clone()
            }
            ("lower", [text]) => text.as_ref().map(|text| Some(text.as_ref()?.to_lowercase())),
            ("upper", [text]) => text.as_ref().map(|text| Some(text.as_ref()?.to_uppercase())),
            ("default", [otherwise, value]) => match value.clone()? {
                Some(text) if !text.is_empty() => Some(Some(text)),
                _ => otherwise.clone(),
            },
            ("printf", _) => printed(&args).map(Some),
            _ => None,
        }
    }

    /// A word: a text, or a path into what the chart sets.
    fn term(&self, word: &str) -> Said {
        for quote in ['"', '`'] {
            if let Some(text) = word.strip_prefix(quote) {
                return Some(Some(text.strip_suffix(quote).unwrap_or(text).to_owned()));
            }
        }
        let path = word.strip_prefix('$').unwrap_or(word);
        if path == ".Chart.Name" {
            return Some(Some(self.name.to_owned()));
        }
        let keys = path.strip_prefix(".Values.")?;
        let mut set = self.values.iter();
        let found = set.find_map(|values| keys.split('.').try_fold(*values, |node, key| node.get(key)));
        match found.map(|node| (&node.value, node.as_text())) {
            None | Some((Value::Null, _)) => Some(None),
            Some((Value::Bool(value), _)) => Some(Some(value.to_string())),
            Some((_, text)) => text.map(|text| Some(text.to_owned())),
        }
    }
}

/// `printf "%s-events" .Values.prefix`.
fn printed(args: &[Said]) -> Option<String> {
    let mut args = args.iter().map(|arg| arg.clone().flatten());
    let format = args.next()??;
    let mut pieces = format.split('%');
    let mut out = pieces.next()?.to_owned();
    for piece in pieces {
        let rest = piece.strip_prefix(['s', 'v', 'd'])?;
        out.push_str(&args.next()??);
        out.push_str(rest);
    }
    Some(out)
}

/// The words of an action; a text in quotes is one.
fn words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open: Option<char> = None;
    let mut word = String::new();
    for c in text.chars() {
        match open {
            Some(quote) => {
                word.push(c);
                if c == quote {
                    open = None;
                }
            }
            None if c == '|' || c.is_whitespace() => {
                found.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                found.extend((c == '|').then(|| "|".to_owned()));
            }
            None => {
                open = matches!(c, '"' | '`').then_some(c);
                word.push(c);
            }
        }
    }
    found.extend((!word.is_empty()).then_some(word));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::yaml;

    #[test]
    fn actions_stand_for_what_the_chart_sets() {
        let document = |path: &str, text: &str| (path.to_owned(), yaml::parse(text).0);
        let documents = [
            document("deploy/shop/Chart.yaml", "name: shop"),
            document("deploy/shop/values.yaml", "mail: {topic: mail.live}\nnone: ''"),
            document("deploy/shop/charts/mail/Chart.yaml", "name: mail"),
            document(
                "deploy/shop/charts/mail/values.yaml",
                "topic: mail.dev\nkafka: {group: g, retries: 3}\nflag: true",
            ),
        ];
        let charts = Charts::new(&documents);
        let chart = charts.of("deploy/shop/charts/mail/templates/deployment.yaml").unwrap();
        assert_eq!(chart.name, "mail");
        let table = [
            ("orders", "orders"),
            ("{{ .Values.topic }}", "mail.live"),
            ("{{ $.Values.kafka.group | quote }}", "g"),
            ("{{- .Values.kafka.retries -}}", "3"),
            ("{{ .Values.flag }}", "true"),
            ("{{ .Values.queue | default \"mail | out\" }}", "mail | out"),
            ("{{ default .Values.topic .Values.queue }}", "mail.live"),
            ("{{ default \"x\" .Release.Name }}", "{default \"x\" .Release.Name}"),
            ("{{ printf \"%s-%s\" .Chart.Name .Values.kafka.group | upper }}", "MAIL-G"),
            ("{{ .Release.Name }}-events", "{.Release.Name}-events"),
            ("{{ include \"mail.name\" . }}", "{include \"mail.name\" .}"),
            ("{{ .Values.kafka }}", "{.Values.kafka}"),
        ];
        for (text, said) in table {
            assert_eq!(chart.filled(text), said, "{text}");
        }
        let whole = charts.of("deploy/shop/templates/a.yaml").unwrap();
        assert_eq!(whole.filled("{{ .Values.none }}"), "{.Values.none}");
        assert!(charts.of("deploy/other/a.yaml").is_none());
    }
}
