//! Items that ask what an item of another checklist asks (`same_as`): what both answer alike is shown once.

use std::collections::BTreeMap;

use super::{ChecklistRule, ItemRule};
use crate::audit::{Checklist, Item};

/// Lets items refer to those that ask the same, in a checklist before theirs: with the same answer to its
/// evidence, with another one to whom it is asked of.
pub(super) fn refer(filled: &mut [Checklist], checklists: &[ChecklistRule]) {
    let rules: BTreeMap<&str, &ItemRule> =
        checklists.iter().flat_map(ChecklistRule::items).map(|rule| (rule.id.as_str(), rule)).collect();
    let mut before: BTreeMap<String, Item> = BTreeMap::new();
    for checklist in filled {
        let items = || checklist.sections.iter().flat_map(|section| section.items.clone());
        let own: Vec<Item> = items().collect();
        for item in checklist.sections.iter_mut().flat_map(|section| &mut section.items) {
            let Some(name) = rules.get(item.id.as_str()).and_then(|rule| rule.same_as.as_ref()) else {
                continue;
            };
            let Some(other) = before.get(name) else { continue };
            if item.attestation.is_some() || other.attestation.is_some() {
                continue;
            }
            let said = |it: &Item| {
                let help = rules.get(it.id.as_str()).map_or("", |rule| rule.help.as_str());
                it.note.strip_suffix(help).unwrap_or(&it.note).trim_end().to_owned()
            };
            if item.state == other.state && item.evidence == other.evidence && said(item) == said(other) {
                item.evidence.clear();
                item.same_as = Some(name.clone());
            } else {
                item.note = format!(
                    "{} (`{name}` asks the same of the services of its audit.)",
                    item.note.trim_end()
                );
            }
        }
        before.extend(own.into_iter().map(|item| (item.id.clone(), item)));
    }
}
