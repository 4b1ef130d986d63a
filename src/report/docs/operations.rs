//! Operations: what to watch for what is deployed, in `rules/operations.yaml`.

use serde::Serialize;

use super::views::Views;
use crate::audit::{Control, Service};
use crate::syntax::reader::{Mistake, Reader};
use crate::syntax::yaml::Node;

const BUILT_IN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/operations.yaml"));

/// What to watch where certain patterns are in use.
#[derive(Debug, Clone)]
pub struct Advice {
    control: Control,
    /// The patterns it is about; empty: any, and also where there is none.
    patterns: Vec<String>,
    title: String,
    metric: String,
    alert: String,
    runbook: String,
}

/// Advice with the services that it is for.
#[derive(Debug, Serialize)]
pub struct AdviceView {
    title: String,
    metric: String,
    alert: String,
    runbook: String,
    services: Vec<String>,
}

/// The advice that comes with the tool. That it is sound is tested.
pub fn built_in() -> Vec<Advice> {
    read(BUILT_IN).0
}

fn read(text: &str) -> (Vec<Advice>, Vec<Mistake>) {
    let (mut reader, node) = Reader::document(text);
    let words: Vec<(&str, Control)> = Control::ALL.iter().map(|c| (c.word(), *c)).collect();
    let mut found = Vec::new();
    for node in node.iter().flat_map(Node::items) {
        let Some(map) = reader.map(node, &["control", "patterns", "title", "metric", "alert", "runbook"])
        else {
            continue;
        };
        let control = reader.required(map, "control").and_then(|node| reader.word(node, "control", &words));
        let patterns = map.get("patterns").map(|node| reader.texts(node)).unwrap_or_default();
        let mut text = |key: &str| reader.required_text(map, key).unwrap_or_default().trim().to_owned();
        let (title, metric, alert, runbook) = (text("title"), text("metric"), text("alert"), text("runbook"));
        let patterns = patterns.into_iter().map(|(_, text)| text.to_owned()).collect();
        found.extend(control.map(|control| Advice { control, patterns, title, metric, alert, runbook }));
    }
    (found, reader.finish())
}

impl Views<'_> {
    /// The advice for what these services have.
    pub(super) fn advice_for(scope: &[&Service], advice: &[Advice]) -> Vec<AdviceView> {
        let wanted = advice.iter().map(|it| {
            let services = scope.iter().filter(|service| it.is_for(service));
            AdviceView {
                title: it.title.clone(),
                metric: it.metric.clone(),
                alert: it.alert.clone(),
                runbook: it.runbook.clone(),
                services: services.map(|service| service.name.clone()).collect(),
            }
        });
        wanted.filter(|view| !view.services.is_empty()).collect()
    }
}

impl Advice {
    fn is_for(&self, service: &Service) -> bool {
        let Some(verdict) = service.controls.get(&self.control) else { return false };
        verdict.status != crate::audit::Status::NotApplicable
            && (self.patterns.is_empty() || verdict.patterns.iter().any(|id| self.patterns.contains(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_that_comes_with_the_tool_is_sound() {
        let (advice, mistakes) = read(BUILT_IN);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        assert!(!advice.is_empty());
    }
}
