//! Declarations: consumers that a manifest registers, joined to the code they name.

use crate::rules::{ManifestRule, Role, RuleSet};
use crate::syntax::yaml::Node;
use std::sync::Arc;

use super::Consumer;
use super::attribute::Attribution;
use super::endpoints::{Found, Lifting, Part, TopicName};
use super::value::Closure;

/// The consumers that manifests declare.
pub fn consumers(
    lifting: &Lifting<'_>,
    rules: &RuleSet,
    documents: &[(String, Vec<Node>)],
    services: &[(String, String)],
    owner_of: &dyn Fn(&str) -> Option<usize>,
    attribution: &Attribution,
    routes: &[Found],
) -> Vec<Consumer> {
    let mut out = Vec::new();
    for (path, nodes) in documents {
        for node in nodes {
            for detector in &rules.detectors {
                for rule in detector.manifests.iter().filter(|r| r.role == Role::Consumer && applies(r, node))
                {
                    for item in each(rule, node) {
                        let scopes = texts(node, &rule.scope);
                        let mut owners: Vec<usize> = services
                            .iter()
                            .enumerate()
                            .filter(|(_, (name, _))| scopes.iter().any(|(scope, _)| scope == name))
                            .map(|(i, _)| i)
                            .collect();
                        if owners.is_empty() {
                            owners.extend(owner_of(path));
                        }
                        for service in owners {
                            let handlers = handlers(lifting, attribution, routes, service, item, rule);
                            let dead_letter = texts(item, &rule.dead_letter).into_iter().next();
                            for (topic, line) in texts(item, &rule.topic) {
                                out.push(Consumer {
                                    service,
                                    transport: detector.transport.clone(),
                                    framework: detector.id.clone(),
                                    registration_kind: "declarative".into(),
                                    topic: TopicName {
                                        name: topic.clone(),
                                        resolved: true,
                                        expression: topic,
                                    },
                                    group: texts(item, &rule.group)
                                        .into_iter()
                                        .map(|(text, _)| text)
                                        .collect(),
                                    event_types: Vec::new(),
                                    registration: (path.clone(), line),
                                    handlers: handlers.clone(),
                                    dead_letter: dead_letter
                                        .as_ref()
                                        .map(|(text, line)| (text.clone(), path.clone(), *line)),
                                    dead_letter_builtin: false,
                                    rule: None,
                                    site: None,
                                    place: None,
                                    hops: Vec::new(),
                                });
                            }
                        }
                    }
                }
            }
        }
    }
    out
}

fn applies(rule: &ManifestRule, node: &Node) -> bool {
    rule.when.iter().all(|(path, pattern)| {
        let found = node.path(path);
        if found.is_empty() {
            return pattern.is_match("");
        }
        found.iter().any(|n| n.as_text().is_some_and(|text| pattern.is_match(text)))
    })
}

fn each<'n>(rule: &ManifestRule, node: &'n Node) -> Vec<&'n Node> {
    match &rule.each {
        Some(path) => node.path(path),
        None => vec![node],
    }
}

fn texts(node: &Node, paths: &[String]) -> Vec<(String, u32)> {
    for path in paths {
        let found: Vec<(String, u32)> = node
            .path(path)
            .iter()
            .filter_map(|n| Some((n.as_text()?.to_owned(), n.line)))
            .filter(|(text, _)| !text.is_empty())
            .collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// The handlers of the service's HTTP routes that the declaration names.
fn handlers(
    lifting: &Lifting<'_>,
    attribution: &Attribution,
    routes: &[Found],
    service: usize,
    item: &Node,
    rule: &ManifestRule,
) -> Vec<Arc<Closure>> {
    let wanted: Vec<String> =
        rule.route.iter().flat_map(|path| texts(item, std::slice::from_ref(path))).map(|(t, _)| t).collect();
    let mut found: Vec<Arc<Closure>> = Vec::new();
    for route in routes {
        let names: Vec<Arc<str>> =
            route.part(Part::Route).map(super::value::Value::strings).unwrap_or_default();
        let fits = names.iter().any(|name| wanted.iter().any(|w| same_route(name, w)));
        let program = lifting.types.program;
        if fits && attribution.services(route.place.file, program.owner(route.place)).contains(&service) {
            for handler in &route.handlers {
                if !found.iter().any(|h| h.func == handler.func) {
                    found.push(handler.clone());
                }
            }
        }
    }
    found
}

/// `POST /orders` and `/orders` and `orders` are one route.
fn same_route(code: &str, manifest: &str) -> bool {
    let bare = |s: &str| s.rsplit(' ').next().unwrap_or(s).trim_matches('/').to_owned();
    bare(code) == bare(manifest)
}
