//! Patterns: what is known of each way to do a control, in `rules/patterns/*.yaml`.

use serde::Serialize;

use crate::audit::Control;
use crate::syntax::reader::{Map, Mistake, Reader};
use crate::syntax::yaml::Node;

const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/patterns.rs"));

/// The patterns of one control.
#[derive(Debug, Clone, Serialize)]
pub struct Family {
    /// The control.
    pub control: Control,
    /// What a person calls it.
    pub title: String,
    /// What it asks.
    pub question: String,
    /// What patterns are compared by.
    pub aspects: Vec<String>,
    /// Parts of evidence that show a pattern best, the best first; a pattern may have its own.
    pub shows: Vec<String>,
    /// Patterns, in order.
    pub patterns: Vec<Pattern>,
}

/// One way to do a control.
#[derive(Debug, Clone, Serialize)]
pub struct Pattern {
    /// The word that verdicts use.
    pub id: String,
    /// What a person calls it.
    pub title: String,
    /// How it works.
    pub how: String,
    /// What speaks for it.
    pub pros: Vec<String>,
    /// What speaks against it.
    pub cons: Vec<String>,
    /// When to use it.
    pub when: Vec<String>,
    /// One word or two for each aspect of the family, in their order.
    pub compare: Vec<String>,
    /// Parts of evidence that show it, where they are not those of the family.
    pub shows: Vec<String>,
}

/// The families that come with the tool, in order of control. That they are sound is tested.
pub fn built_in() -> Vec<Family> {
    let mut families: Vec<Family> = BUILT_IN.iter().filter_map(|(_, text)| read(text).0).collect();
    families.sort_by_key(|family| family.control);
    families
}

/// A file, with the mistakes in it.
pub fn read(text: &str) -> (Option<Family>, Vec<Mistake>) {
    let (mut reader, node) = Reader::document(text);
    let found = node.and_then(|node| family(&mut reader, &node));
    (found, reader.finish())
}

fn family(reader: &mut Reader, node: &Node) -> Option<Family> {
    let map = reader.map(node, &["control", "title", "question", "aspects", "shows", "patterns"])?;
    let words: Vec<(&str, Control)> = Control::ALL.iter().map(|c| (c.word(), *c)).collect();
    let control = reader.required(map, "control").and_then(|node| reader.word(node, "control", &words));
    let title = reader.required_text(map, "title");
    let question = reader.required_text(map, "question");
    let aspects = texts(reader, map, "aspects");
    let shows = texts(reader, map, "shows");
    let mut patterns = Vec::new();
    for node in reader.list_at(map, "patterns") {
        patterns.extend(pattern(reader, node, &aspects));
    }
    Some(Family {
        control: control?,
        title: title?.to_owned(),
        question: question?.to_owned(),
        aspects,
        shows,
        patterns,
    })
}

fn pattern(reader: &mut Reader, node: &Node, aspects: &[String]) -> Option<Pattern> {
    let map = reader.map(node, &["id", "title", "how", "pros", "cons", "when", "compare", "shows"])?;
    let id = reader.required_text(map, "id");
    let title = reader.required_text(map, "title");
    let how = reader.required_text(map, "how");
    let compare = texts(reader, map, "compare");
    if compare.len() != aspects.len() {
        reader.mistake(node, format!("`compare` needs one text for each of {}", aspects.join(", ")));
    }
    Some(Pattern {
        id: id?.to_owned(),
        title: title?.to_owned(),
        how: how?.trim().to_owned(),
        pros: texts(reader, map, "pros"),
        cons: texts(reader, map, "cons"),
        when: texts(reader, map, "when"),
        compare,
        shows: map.get("shows").map(|node| owned(reader.texts(node))).unwrap_or_default(),
    })
}

fn texts(reader: &mut Reader, map: Map, key: &str) -> Vec<String> {
    owned(reader.required(map, key).map(|node| reader.texts(node)).unwrap_or_default())
}

fn owned(found: Vec<(&Node, &str)>) -> Vec<String> {
    found.into_iter().map(|(_, text)| text.to_owned()).collect()
}
