//! What texts in manifests stand for: references to resources, variables with a default, and texts
//! put together of them. Terraform reads the files of a folder as one, a Helm chart its values;
//! elsewhere a document stands for itself.

use crate::syntax::yaml::{Node, Value};
use rustc_hash::FxHashMap;

use super::charts::{Chart, Charts};
use crate::flow::program::parent;

/// How deep references are followed.
const DEPTH: u8 = 8;

/// Under which key kinds of resources keep their name.
const NAMES: &[&str] = &[
    "name",
    "QueueName",
    "TopicName",
    "Name",
    "FunctionName",
    "StreamName",
    "EventBusName",
    "function_name",
    "name_prefix",
];

/// The documents that speak for a folder together.
pub struct Folders<'n> {
    terraform: FxHashMap<&'n str, Vec<&'n Node>>,
    charts: Charts<'n>,
}

impl<'n> Folders<'n> {
    /// Gathers the documents.
    pub fn new(documents: &'n [(String, Vec<Node>)]) -> Folders<'n> {
        let mut terraform: FxHashMap<&str, Vec<&Node>> = FxHashMap::default();
        for (path, nodes) in documents.iter().filter(|(path, _)| is_terraform(path)) {
            terraform.entry(parent(path)).or_default().extend(nodes);
        }
        Folders { terraform, charts: Charts::new(documents) }
    }

    /// The names that a document knows.
    pub fn of(&self, path: &'n str, document: &'n Node) -> Names<'n> {
        let roots = match self.terraform.get(parent(path)) {
            Some(nodes) if is_terraform(path) => nodes.clone(),
            _ => vec![document],
        };
        Names { roots, path, chart: self.charts.of(path) }
    }
}

fn is_terraform(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension == "tf")
}

/// The names that a document may refer to.
pub struct Names<'n> {
    roots: Vec<&'n Node>,
    /// The path of the document.
    pub path: &'n str,
    /// The Helm chart that the document belongs to.
    pub chart: Option<Chart<'n>>,
}

impl Names<'_> {
    /// The text of a value; what nobody can say stands in braces.
    pub fn text(&self, node: &Node) -> Option<String> {
        self.inner(node, DEPTH)
    }

    fn inner(&self, node: &Node, depth: u8) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        match &node.value {
            Value::String(text) => Some(match &self.chart {
                Some(chart) => chart.filled(text),
                None => self.filled(text, depth),
            }),
            Value::Number(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Map(entries) => {
                let [entry] = entries.as_slice() else { return None };
                self.function(&entry.key, &entry.value, depth)
            }
            Value::Null | Value::List(_) => None,
        }
    }

    /// `{Ref: Orders}`, `{Fn::GetAtt: [Orders, Arn]}` and their like.
    fn function(&self, name: &str, given: &Node, depth: u8) -> Option<String> {
        let first = || given.items().first().unwrap_or(given);
        match name {
            "Ref" | "Fn::GetAtt" => {
                let text = first().as_text()?;
                Some(self.reference(text, depth).unwrap_or_else(|| format!("{{{text}}}")))
            }
            "$ref" => self.pointer(given.as_text()?, depth),
            "Fn::Sub" => Some(self.filled(first().as_text()?, depth)),
            "Fn::ImportValue" => self.inner(given, depth),
            "Fn::Join" => {
                let separator = first().as_text()?;
                let parts: Vec<String> = given
                    .items()
                    .get(1)?
                    .items()
                    .iter()
                    .map(|part| self.inner(part, depth).unwrap_or_else(|| "{…}".to_owned()))
                    .collect();
                Some(parts.join(separator))
            }
            _ => None,
        }
    }

    /// What a JSON pointer into the document leads to: its address or name, or else its key.
    fn pointer(&self, text: &str, depth: u8) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let label = text.rsplit('/').next().filter(|label| !label.is_empty())?;
        let parts = text.strip_prefix("#/")?.split('/');
        let keys: Vec<String> = parts.map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
        let root = *self.roots.first()?;
        let node = keys.iter().try_fold(root, |node, key| node.get(key))?;
        let named = ["address", "name"].iter().find_map(|key| self.inner(node.get(key)?, depth));
        let aimed = || self.pointer(node.get("$ref")?.as_text()?, depth);
        Some(named.or_else(aimed).unwrap_or_else(|| label.replace("~1", "/").replace("~0", "~")))
    }

    /// A text with what its `${…}` stand for.
    fn filled(&self, text: &str, depth: u8) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let (inner, tail) = after.split_once('}').unwrap_or((after, ""));
            let unknown = || format!("{{{}}}", inner.trim());
            out.push_str(&self.reference(inner, depth).unwrap_or_else(unknown));
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    /// What a reference stands for: the name of a resource, the default of a variable.
    fn reference(&self, text: &str, depth: u8) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let text = text.trim();
        // `self:custom.queue`, `opt:stage, 'dev'`.
        if let Some((scheme, rest)) = text.split_once(':')
            && !rest.starts_with(':')
        {
            let (path, default) = rest.split_once(',').unwrap_or((rest, ""));
            let own = if scheme == "self" { self.at(path.trim(), depth) } else { None };
            let default = default.trim().trim_matches(['\'', '"']);
            return own.or_else(|| (!default.is_empty()).then(|| default.to_owned()));
        }
        let parts: Vec<&str> = text.split('.').collect();
        match parts.as_slice() {
            ["var", name, ..] => self.at(&format!("variable.{name}.default"), depth),
            ["local", name, ..] => self.at(&format!("locals.{name}"), depth),
            ["data", kind, name, ..] => self.resource(&format!("data.{kind}.{name}"), name, depth),
            [kind, name, ..] if kind.contains('_') => {
                self.resource(&format!("resource.{kind}.{name}"), name, depth)
            }
            [id, ..] => self
                .at(&format!("Parameters.{id}.Default"), depth)
                .or_else(|| self.resource(&format!("Resources.{id}"), id, depth))
                .or_else(|| self.resource(&format!("resources.Resources.{id}"), id, depth)),
            [] => None,
        }
    }

    /// The name of the resource at a path, or else the one it has in the file.
    fn resource(&self, path: &str, label: &str, depth: u8) -> Option<String> {
        let node = self.roots.iter().find_map(|root| root.path(path).into_iter().next())?;
        let properties = node.get("Properties").unwrap_or(node);
        let named = NAMES.iter().find_map(|key| self.inner(properties.get(key)?, depth));
        Some(named.unwrap_or_else(|| label.to_owned()))
    }

    fn at(&self, path: &str, depth: u8) -> Option<String> {
        self.roots.iter().find_map(|root| self.inner(root.path(path).into_iter().next()?, depth))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_to_names() {
        let text = "
custom: {queue: orders}
variable: {stage: {default: live}}
locals: {prefix: shop}
resource: {aws_sqs_queue: {mail: {name: 'mail-${var.stage}'}, bare: {delay: 1}}}
Parameters: {Stage: {Default: dev}}
Resources: {Stock: {Type: 'AWS::SQS::Queue', Properties: {QueueName: {'Fn::Sub': 'stock-${Stage}'}}}, Plain: {}}
values:
- '${self:custom.queue}'
- \"${opt:stage, 'test'}\"
- '${local.prefix}-${var.stage}'
- {Ref: aws_sqs_queue.mail.arn}
- {Ref: aws_sqs_queue.bare.arn}
- {'Fn::GetAtt': Stock.Arn}
- {'Fn::GetAtt': [Plain, Arn]}
- {'Fn::Join': ['-', [a, {Ref: Stage}]]}
- '${var.nobody}'
";
        let (documents, problems) = crate::syntax::yaml::parse(text);
        assert!(problems.is_empty(), "{problems:?}");
        let names = Names { roots: vec![&documents[0]], path: "", chart: None };
        let said: Vec<String> =
            documents[0].path("values[]").into_iter().filter_map(|node| names.text(node)).collect();
        assert_eq!(
            said,
            [
                "orders",
                "test",
                "shop-live",
                "mail-live",
                "bare",
                "stock-dev",
                "Plain",
                "a-dev",
                "{var.nobody}"
            ]
        );
    }
}
