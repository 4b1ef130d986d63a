//! Messaging libraries that no detector describes: what is received or sent through them is not in
//! the audit, and that must be said. Told from words of the import path and of what is called
//! (`rules/messaging.yaml`). Detectors with `undescribed: true` find the plainest calls all the same.

use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

use crate::names;
use crate::syntax::facts::{Expr, Facts};
use crate::syntax::reader::Reader;
use crate::syntax::yaml::Node;

use super::attribute::Attribution;
use super::calls::{CallSite, Callee, Graph};
use super::matches::Index;
use super::program::{ExtPath, Program};
use super::types::import_matches;

const BUILT_IN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/messaging.yaml"));

/// A library that looks like one for messaging and that no detector knows.
#[derive(Debug, PartialEq, Eq)]
pub struct Undescribed {
    /// Its import path.
    pub library: String,
    /// Path and line of the first call that receives or sends.
    pub at: (String, u32),
    /// What is called there.
    pub call: String,
    /// How many such calls there are.
    pub calls: usize,
}

/// The undescribed messaging libraries that services call, in order of import path.
pub fn libraries(
    program: &Program,
    graph: &Graph,
    index: &Index<'_>,
    attribution: &Attribution,
) -> Vec<Undescribed> {
    let vocabulary = Vocabulary::built_in();
    let mut suspect: FxHashMap<ExtPath, bool> = FxHashMap::default();
    let mut found: BTreeMap<&str, Undescribed> = BTreeMap::new();
    for CallSite { site, func, callee } in &graph.calls {
        let Callee::Library { path, .. } = callee else { continue };
        let library = program.external(*path);
        let is_suspect = *suspect
            .entry(*path)
            .or_insert_with(|| vocabulary.names_messaging(library) && !index.describes(library));
        if !is_suspect {
            continue;
        }
        let Some(call) = called(program.facts(site.file), site.expr) else { continue };
        if !vocabulary.moves_messages(call) || attribution.services(site.file, *func).is_empty() {
            continue;
        }
        let (path, line) = program.place(*site);
        let entry = found.entry(library).or_insert_with(|| Undescribed {
            library: library.to_owned(),
            at: (path.to_owned(), line),
            call: call.to_owned(),
            calls: 0,
        });
        entry.calls += 1;
    }
    found.into_values().collect()
}

/// The name a call is made by.
fn called(facts: &Facts, call: crate::syntax::facts::ExprId) -> Option<&str> {
    let Expr::Call { callee, .. } = facts.expr(call) else { return None };
    match facts.expr(callee) {
        Expr::Name(name) | Expr::Field { name, .. } => Some(facts.text(name)),
        _ => None,
    }
}

/// The words that give messaging away.
pub struct Vocabulary {
    paths: FxHashSet<String>,
    /// Import paths that only look like it.
    except: Vec<String>,
    calls: FxHashSet<String>,
}

impl Vocabulary {
    /// The built-in words.
    pub fn built_in() -> Vocabulary {
        let (mut reader, node) = Reader::document(BUILT_IN);
        let map = node.as_ref().and_then(|node: &Node| reader.map(node, &["paths", "except", "calls"]));
        let mut list = |key: &str| -> Vec<String> {
            let texts = map.and_then(|map| map.get(key)).map(|node| reader.texts(node)).unwrap_or_default();
            texts.into_iter().map(|(_, text)| text.to_owned()).collect()
        };
        let [paths, calls] =
            ["paths", "calls"].map(|key| list(key).iter().flat_map(|text| names::words(text)).collect());
        Vocabulary { paths, except: list("except"), calls }
    }

    /// Whether an import path reads like messaging. Its host and the owner there say nothing:
    /// `nats.io/nkeys` moves no messages.
    pub fn names_messaging(&self, library: &str) -> bool {
        let skipped = match library.split('/').next() {
            Some("github.com" | "gitlab.com" | "bitbucket.org") => 2,
            Some(host) if host.contains('.') => 1,
            _ => 0,
        };
        let mut path = library.split('/').skip(skipped);
        !self.except.iter().any(|except| import_matches(except, library))
            && path.any(|part| names::words(part).iter().any(|word| self.paths.contains(word)))
    }

    fn moves_messages(&self, call: &str) -> bool {
        names::words(call).iter().any(|word| self.calls.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_paths_and_calls_give_messaging_away() {
        let vocabulary = Vocabulary::built_in();
        let paths = [
            ("github.com/eclipse/paho.mqtt.golang", true),
            ("github.com/acme/platform/mq", true),
            ("github.com/nats-io/stan.go", true),
            ("@acme/kafka-client", true),
            ("github.com/acme/platform/http", false),
            ("nats.io/nkeys", false),
            ("github.com/redpanda-data/benthos/v4/public/service", false),
            ("firebase.google.com/go/v4/messaging", false),
            ("github.com/acme/kafkaesque", false),
        ];
        for (path, expected) in paths {
            assert_eq!(vocabulary.names_messaging(path), expected, "{path}");
        }
        for (call, expected) in [
            ("NewConsumer", true),
            ("publish", true),
            ("QueueSubscribe", true),
            ("Close", false),
            ("Ping", false),
        ] {
            assert_eq!(vocabulary.moves_messages(call), expected, "{call}");
        }
    }
}
