//! What a stream is that a broker keeps of itself, in the plain words of `rules/own-streams.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

use super::links::{Link, Links};
use super::views::Views;
use crate::audit::{Audit, Consumer, Service, is_brokers_own};
use crate::syntax::reader::{Mistake, Reader};
use crate::syntax::yaml::Node;

const BUILT_IN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/own-streams.yaml"));

/// What streams whose names begin so are.
struct Known {
    starts: String,
    /// Detectors and transports that it is told for; empty: any.
    by: Vec<String>,
    is: String,
}

/// That it is sound is tested.
static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| read(BUILT_IN).0);

/// A stream of the broker's own that services hear.
#[derive(Debug, Serialize)]
pub struct OwnStream {
    name: String,
    is: String,
    services: Vec<String>,
    /// Where they subscribe.
    at: Vec<Link>,
}

fn read(text: &str) -> (Vec<Known>, Vec<Mistake>) {
    let (mut reader, node) = Reader::document(text);
    let mut found = Vec::new();
    for node in node.iter().flat_map(Node::items) {
        let Some(map) = reader.map(node, &["starts", "by", "is"]) else { continue };
        let by = map.get("by").map(|node| reader.texts(node)).unwrap_or_default();
        let by = by.into_iter().map(|(_, text)| text.to_owned()).collect();
        let mut text = |key: &str| reader.required_text(map, key).unwrap_or_default().trim().to_owned();
        found.push(Known { starts: text("starts"), by, is: text("is") });
    }
    (found, reader.finish())
}

impl Known {
    fn fits(&self, consumer: &Consumer) -> bool {
        let by = |word: &String| *word == consumer.framework || *word == consumer.transport;
        consumer.topic.name.starts_with(&self.starts) && (self.by.is_empty() || self.by.iter().any(by))
    }
}

impl Views<'_> {
    /// The broker's own streams that these services hear, in order of name.
    pub(super) fn own_streams(audit: &Audit, scope: &[&Service], links: &Links<'_>) -> Vec<OwnStream> {
        let heard = audit.consumers.iter().filter(|c| {
            c.topic.resolved && is_brokers_own(&c.topic.name) && scope.iter().any(|s| s.name == c.service)
        });
        let mut found: BTreeMap<&str, OwnStream> = BTreeMap::new();
        for consumer in heard {
            let known = KNOWN.iter().find(|it| it.fits(consumer));
            let stream = found.entry(&consumer.topic.name).or_insert_with(|| OwnStream {
                name: consumer.topic.name.clone(),
                is: known.map_or("a stream that the broker keeps itself", |it| &it.is).to_owned(),
                services: Vec::new(),
                at: Vec::new(),
            });
            let at = links.place(&consumer.registration);
            if !stream.at.contains(&at) {
                stream.at.push(at);
            }
            if !stream.services.contains(&consumer.service) {
                stream.services.push(consumer.service.clone());
            }
        }
        found.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_brokers_own_streams_is_sound() {
        let (known, mistakes) = read(BUILT_IN);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        assert!(!known.is_empty() && known.iter().all(|it| is_brokers_own(&it.starts)));
    }
}
