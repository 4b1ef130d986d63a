//! Waivers: findings that somebody answers for, by name, for a reason, until a day.

use super::{Config, Mention, Names};
use crate::audit::Date;
use crate::syntax::reader::{Map, Reader};
use crate::syntax::yaml::Node;

pub(super) const KEYS: &[&str] = &["finding", "rule", "service", "consumer", "reason", "owner", "until"];

/// Somebody's word that findings may stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// What is waived.
    pub target: Target,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Last day it holds; `None`: for ever.
    pub until: Option<Date>,
    /// Line in the configuration, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// What a waiver is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One finding, by its fingerprint.
    Finding(String),
    /// The findings of a rule.
    Rule {
        /// The rule's id.
        rule: String,
        /// The service they are in.
        service: String,
        /// Only those of this consumer, by its id or by what the gate's baseline calls it.
        consumer: Option<String>,
    },
}

impl Target {
    /// The service that is named.
    pub fn service(&self) -> Option<&str> {
        match self {
            Target::Finding(_) => None,
            Target::Rule { service, .. } => Some(service),
        }
    }
}

pub(super) fn read(reader: &mut Reader, node: &Node, config: &mut Config) {
    let Some(map) = reader.map(node, KEYS) else {
        return;
    };
    let target = target(reader, map, config);
    let reason = said(reader, map, "reason");
    let owner = said(reader, map, "owner");
    let until = map.get("until").and_then(|node| day(reader, node));
    if let (Some(target), Some(reason), Some(owner)) = (target, reason, owner) {
        let (line, column) = (node.line, node.column);
        config.waivers.push(Waiver { target, reason, owner, until, line, column });
    }
}

fn target(reader: &mut Reader, map: Map, config: &mut Config) -> Option<Target> {
    if let Some(node) = map.get("finding") {
        let text = reader.text(node)?;
        for key in map.present(&["rule", "service", "consumer"]) {
            reader.mistake(node, format!("`finding` names one finding by itself; leave `{key}` out"));
        }
        if text.len() != 16 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            reader.mistake(node, "expected a fingerprint: 16 hexadecimal digits, as `--format json` tells");
            return None;
        }
        return Some(Target::Finding(text.to_owned()));
    }
    let rule = reader.required_text(map, "rule").map(str::to_owned);
    if let (Some(rule), Some(node)) = (&rule, map.get("rule")) {
        config.mentions.push((Names::Waived, Mention::new(node, rule)));
    }
    let consumer = reader.optional_text(map, "consumer").map(str::to_owned);
    let service = reader.optional_text(map, "service").map(str::to_owned);
    let (at, service) = match (&service, &consumer) {
        (Some(service), Some(consumer)) if !is_of(consumer, service) => {
            let at = map.get("consumer")?;
            reader.mistake(
                at,
                format!("`{consumer}` is no consumer of `{service}`: ids begin with the service"),
            );
            return None;
        }
        (Some(service), _) => (map.get("service")?, service.clone()),
        (None, Some(consumer)) => {
            (map.get("consumer")?, consumer.split('/').next().unwrap_or_default().to_owned())
        }
        (None, None) => {
            reader.mistake(
                map.node(),
                "expected a `service` or a `consumer` beside the `rule`, or a `finding`",
            );
            return None;
        }
    };
    config.mentions.push((Names::Service, Mention::new(at, &service)));
    Some(Target::Rule { rule: rule?, service, consumer })
}

fn is_of(consumer: &str, service: &str) -> bool {
    consumer.strip_prefix(service).is_some_and(|rest| rest.starts_with('/'))
}

/// A text that says something.
fn said(reader: &mut Reader, map: Map, key: &str) -> Option<String> {
    let text = reader.required_text(map, key)?;
    if text.trim().is_empty() {
        reader.mistake(map.get(key)?, format!("an empty `{key}`"));
        return None;
    }
    Some(text.trim().to_owned())
}

fn day(reader: &mut Reader, node: &Node) -> Option<Date> {
    let text = reader.text(node)?;
    let date = Date::parse(text);
    if date.is_none() {
        reader.mistake(node, format!("`{text}` is no day; expected YYYY-MM-DD"));
    }
    date
}
