//! HCL, as Terraform writes it, as the tree that manifests are read from: a block is a mapping under
//! its type and its labels, `resource "aws_sqs_queue" "mail" {}` stands at `resource.aws_sqs_queue.mail`.
//! References to other resources and variables are kept as `{Ref: …}`, templates as texts with their
//! `${…}`; what an expression works out otherwise is not known and left empty.

use hcl_edit::Span;
use hcl_edit::expr::{Expression, FuncCall, Object, ObjectKey, TraversalOperator};
use hcl_edit::structure::{Block, Body, Structure};

use super::yaml::{self, Entry, Node, Value, YamlProblem};

/// How deep expressions may nest; the parser has a bound of its own.
const DEPTH: u8 = 64;

/// Functions that give what they are given, as far as names go.
const SAME: &[&str] =
    &["jsonencode", "tostring", "tolist", "toset", "sensitive", "nonsensitive", "one", "trimspace"];
/// Functions that give the first of their arguments that is there.
const FIRST: &[&str] = &["try", "coalesce"];

/// Reads a text. A mistake costs the whole file, and is told with its place.
pub fn parse(text: &str) -> (Vec<Node>, Vec<YamlProblem>) {
    match hcl_edit::parser::parse_body(text) {
        Ok(body) => {
            let reader = Reader { text, lines: line_starts(text) };
            (vec![Node { line: 1, column: 1, value: reader.body(&body) }], Vec::new())
        }
        Err(error) => {
            let (line, column) = (error.location().line() as u32, error.location().column() as u32);
            let message = format!("not HCL: {}", error.message().lines().next().unwrap_or("cannot be read"));
            (Vec::new(), vec![YamlProblem { line, column, message }])
        }
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0)
        .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1))
        .collect()
}

struct Reader<'t> {
    text: &'t str,
    lines: Vec<usize>,
}

impl Reader<'_> {
    fn place(&self, of: &dyn Span) -> (u32, u32) {
        let offset = of.span().map_or(0, |span| span.start);
        let line = self.lines.partition_point(|&start| start <= offset).max(1);
        let before = self.text.get(self.lines[line - 1]..offset).unwrap_or_default();
        (line as u32, before.chars().count() as u32 + 1)
    }

    fn source(&self, of: &dyn Span) -> &str {
        of.span().and_then(|span| self.text.get(span)).unwrap_or_default()
    }

    fn entry(&self, key: &str, at: &dyn Span, value: Node) -> Entry {
        let (key_line, key_column) = self.place(at);
        Entry { key: key.to_owned(), key_line, key_column, value }
    }

    fn body(&self, body: &Body) -> Value {
        let mut entries: Vec<Entry> = Vec::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let value = self.expression(&attribute.value, DEPTH);
                    entries.push(self.entry(attribute.key.as_str(), &attribute.key, value));
                }
                Structure::Block(block) => self.block(block, &mut entries),
            }
        }
        Value::Map(entries)
    }

    /// Adds a block below its type and labels; several of the same are a list.
    fn block(&self, block: &Block, entries: &mut Vec<Entry>) {
        let (line, column) = self.place(&block.ident);
        let mut keys = vec![block.ident.as_str().to_owned()];
        keys.extend(block.labels.iter().map(|label| label.as_str().to_owned()));
        let value = Node { line, column, value: self.body(&block.body) };
        add(entries, &keys, value);
    }

    fn expression(&self, expression: &Expression, depth: u8) -> Node {
        let (line, column) = self.place(expression);
        let value = depth.checked_sub(1).map_or(Value::Null, |depth| self.value(expression, depth));
        Node { line, column, value }
    }

    fn value(&self, expression: &Expression, depth: u8) -> Value {
        match expression {
            Expression::Bool(value) => Value::Bool(*value.value()),
            Expression::Number(number) => Value::Number(number.value().to_string()),
            Expression::String(text) => Value::String(text.value().clone()),
            Expression::StringTemplate(_) => {
                Value::String(self.source(expression).trim_matches('"').to_owned())
            }
            Expression::HeredocTemplate(_) => self.heredoc(expression),
            Expression::Array(items) => {
                Value::List(items.iter().map(|item| self.expression(item, depth)).collect())
            }
            Expression::Object(object) => self.object(object, depth),
            Expression::Parenthesis(inner) => self.value(inner.inner(), depth),
            Expression::Conditional(choice) => match self.value(&choice.true_expr, depth) {
                Value::Null => self.value(&choice.false_expr, depth),
                known => known,
            },
            Expression::Variable(name) => self.reference(expression, name.as_str().to_owned()),
            Expression::Traversal(traversal) => {
                let mut text = match &traversal.expr {
                    Expression::Variable(name) => name.as_str().to_owned(),
                    _ => return Value::Null,
                };
                for operator in &traversal.operators {
                    if let TraversalOperator::GetAttr(name) = operator.value() {
                        text.push('.');
                        text.push_str(name.as_str());
                    }
                }
                self.reference(expression, text)
            }
            Expression::FuncCall(call) => self.call(call, depth),
            Expression::Null(_)
            | Expression::UnaryOp(_)
            | Expression::BinaryOp(_)
            | Expression::ForExpr(_) => Value::Null,
        }
    }

    fn call(&self, call: &FuncCall, depth: u8) -> Value {
        let name = call.name.name.as_str();
        let mut given = call.args.iter().map(|arg| self.value(arg, depth));
        if SAME.contains(&name) {
            return given.next().unwrap_or(Value::Null);
        }
        if FIRST.contains(&name) {
            return given.find(|value| *value != Value::Null).unwrap_or(Value::Null);
        }
        Value::Null
    }

    fn object(&self, object: &Object, depth: u8) -> Value {
        let entries = object.iter().filter_map(|(key, value)| {
            let text = match key {
                ObjectKey::Ident(name) | ObjectKey::Expression(Expression::Variable(name)) => {
                    name.as_str().to_owned()
                }
                ObjectKey::Expression(Expression::String(text)) => text.value().clone(),
                ObjectKey::Expression(_) => return None,
            };
            Some(self.entry(&text, key, self.expression(value.expr(), depth)))
        });
        Value::Map(entries.collect())
    }

    /// A heredoc: JSON in it is read, since policies are often written so.
    fn heredoc(&self, expression: &Expression) -> Value {
        let source = self.source(expression);
        let inside = source.split_once('\n').map_or("", |(_, rest)| rest);
        let text = inside.trim_end().rsplit_once('\n').map_or("", |(text, _)| text);
        if text.trim_start().starts_with('{') {
            let (mut documents, problems) = yaml::parse(text);
            if let (Some(document), true) = (documents.pop(), problems.is_empty()) {
                return document.value;
            }
        }
        Value::String(text.to_owned())
    }

    fn reference(&self, at: &dyn Span, text: String) -> Value {
        let (line, column) = self.place(at);
        let name = Node { line, column, value: Value::String(text) };
        Value::Map(vec![Entry { key: "Ref".to_owned(), key_line: line, key_column: column, value: name }])
    }
}

/// Puts a value below keys; where one is there already, both are a list.
fn add(entries: &mut Vec<Entry>, keys: &[String], value: Node) {
    let Some((key, rest)) = keys.split_first() else { return };
    let (line, column) = (value.line, value.column);
    let known = entries.iter_mut().find(|entry| entry.key == *key);
    let Some(known) = known else {
        let mut inner = Vec::new();
        let value = if rest.is_empty() {
            value
        } else {
            add(&mut inner, rest, value);
            Node { line, column, value: Value::Map(inner) }
        };
        entries.push(Entry { key: key.clone(), key_line: line, key_column: column, value });
        return;
    };
    match (&mut known.value.value, rest.is_empty()) {
        (Value::Map(inner), false) => add(inner, rest, value),
        (Value::List(items), true) => items.push(value),
        (_, true) => {
            let first = std::mem::replace(&mut known.value, Node { line, column, value: Value::Null });
            known.value =
                Node { line: first.line, column: first.column, value: Value::List(vec![first, value]) };
        }
        (_, false) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_mappings_by_type_and_label() {
        let text = r#"
variable "stage" { default = "dev" }

resource "aws_sqs_queue" "mail" {
  name = "mail-${var.stage}"
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 3
  })
}

resource "aws_sqs_queue" "dead" {
  name   = "mail-dead"
  policy = <<EOF
{"Effect": "Allow"}
EOF
  tag { a = 1 }
  tag { a = 2 }
}
"#;
        let (documents, problems) = parse(text);
        assert!(problems.is_empty(), "{problems:?}");
        let said = |path: &str| -> Vec<(String, u32)> {
            let found = documents[0].path(path).into_iter();
            found.filter_map(|node| Some((node.as_text()?.to_owned(), node.line))).collect()
        };
        assert_eq!(said("variable.stage.default"), [("dev".to_owned(), 2)]);
        assert_eq!(said("resource.aws_sqs_queue.mail.name"), [("mail-${var.stage}".to_owned(), 5)]);
        let target = "resource.aws_sqs_queue.mail.redrive_policy.deadLetterTargetArn.Ref";
        assert_eq!(said(target), [("aws_sqs_queue.dead.arn".to_owned(), 7)]);
        assert_eq!(said("resource.aws_sqs_queue.dead.policy.Effect")[0].0, "Allow");
        assert_eq!(said("resource.aws_sqs_queue.dead.tag[].a").len(), 2);
    }

    #[test]
    fn what_does_not_parse_is_a_problem_with_its_place() {
        let (documents, problems) = parse("a = 1\nb = = 2\n");
        assert!(documents.is_empty());
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].line, 2);
    }
}
