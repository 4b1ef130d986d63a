//! Attestations: people's word for checklist items, with a reason and a last day.

use super::parse::{inner_path, texts_at};
use super::{Mention, Names};
use crate::audit::Date;
use crate::syntax::reader::{Map, Reader};
use crate::syntax::yaml::Node;

pub(super) const KEYS: &[&str] = &["item", "by", "when", "until", "reason", "link", "covers", "hash"];

/// Somebody's word that a checklist item is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestationEntry {
    /// The item.
    pub item: Mention,
    /// Who gives the word.
    pub by: String,
    /// When.
    pub when: Date,
    /// Last day it holds.
    pub until: Date,
    /// Why the item is met.
    pub reason: String,
    /// Where the proof is.
    pub link: Option<String>,
    /// Files and folders, from the configuration's folder, whose change ends it.
    pub covers: Vec<String>,
    /// What they held when the word was given.
    pub hash: Option<String>,
}

pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    mentions: &mut Vec<(Names, Mention)>,
) -> Option<AttestationEntry> {
    let map = reader.map(node, KEYS)?;
    let item = reader.required(map, "item").and_then(|node| Some(Mention::new(node, reader.text(node)?)));
    mentions.extend(item.iter().map(|item| (Names::Item, item.clone())));
    let by = reader.required_text(map, "by").map(str::to_owned);
    let reason = reader.required_text(map, "reason").map(str::to_owned);
    let when = day(reader, map, "when");
    let until = day(reader, map, "until");
    if let (Some(when), Some(until), Some(node)) = (when, until, map.get("until"))
        && until < when
    {
        reader.mistake(node, "it ends before it was given");
    }
    let mut covers = Vec::new();
    for (at, text) in texts_at(reader, map, "covers") {
        match inner_path(&text) {
            Some(path) => covers.push(path),
            None => reader.mistake(at, format!("the path `{text}` leads out of the audited folder")),
        }
    }
    let link = reader.optional_text(map, "link").map(str::to_owned);
    let hash = reader.optional_text(map, "hash").map(str::to_owned);
    Some(AttestationEntry {
        item: item?,
        by: by?,
        when: when?,
        until: until?,
        reason: reason?,
        link,
        covers,
        hash,
    })
}

fn day(reader: &mut Reader, map: Map, key: &str) -> Option<Date> {
    let node = reader.required(map, key)?;
    let text = reader.text(node)?;
    let date = Date::parse(text);
    if date.is_none() {
        reader.mistake(node, format!("expected a day as `YYYY-MM-DD`, found `{text}`"));
    }
    date
}
