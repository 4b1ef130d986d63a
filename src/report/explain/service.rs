//! A service: each verdict with the consumers, publishers or caches it is made of.

use super::Said;
use super::block::{Block, Pointer, Tone, field, span, status};
use super::consumer::{grounds, heading};
use crate::audit::explanation::ServiceExplanation;
use crate::audit::{Cache, Consumer, Control, Publisher, Status};
use crate::report::words;

pub(super) fn blocks(it: &ServiceExplanation, said: &Said<'_>) -> Vec<Block> {
    let service = &it.service;
    let mut out = vec![Block::Title(service.name.clone())];
    out.push(Block::Fields(vec![
        field("folder", service.path.clone()),
        field("what", format!("{} in {}", service.kind, words::list(&service.languages))),
        field(
            "flows",
            format!(
                "{}, {}, {}",
                words::count(it.consumers.len(), "consumer"),
                words::count(it.publishers.len(), "publisher"),
                match it.caches.len() {
                    1 => "1 place that fills a cache".to_owned(),
                    number => format!("{number} places that fill a cache"),
                },
            ),
        ),
    ]));
    for (&control, verdict) in &service.controls {
        out.push(heading(control, verdict.status, &verdict.patterns, None));
        out.push(Block::Text(verdict.why.clone()));
        if verdict.status == Status::NotApplicable {
            continue;
        }
        let made_of: Vec<Pointer> = match control {
            Control::CacheInvalidation => it.caches.iter().flat_map(|c| cache(c, said)).collect(),
            Control::Outbox => it.publishers.iter().map(|p| publisher(p, said)).collect(),
            _ => it.consumers.iter().filter_map(|c| consumer(c, control, said)).collect(),
        };
        // Without consumers the evidence is all there is.
        out.push(if made_of.is_empty() {
            said.evidence(&verdict.evidence)
        } else {
            Block::Pointers(made_of)
        });
        if let Some(found) = it.grounds.get(&control) {
            grounds(&mut out, found, said);
        }
    }
    said.findings(&mut out, &it.findings, |f| &f.rule);
    if let Some(first) = it.consumers.first() {
        out.push(Block::Text(format!("`flowaudit explain {}` shows the path of a consumer.", first.id)));
    }
    out
}

fn consumer(it: &Consumer, control: Control, said: &Said<'_>) -> Option<Pointer> {
    let verdict = it.controls.get(&control)?;
    let label = span(status(verdict.status), words::status(verdict.status));
    let how = verdict.pattern.as_ref().map_or(String::new(), |p| format!(" ({p})"));
    let text = format!("{}{how}, confidence {}", it.id, verdict.confidence);
    let mut pointer = said.pointer(label, &text, &it.registration);
    // The consumers are listed, each once for every control: their code is shown one level down.
    pointer.source = None;
    Some(pointer)
}

fn publisher(it: &Publisher, said: &Said<'_>) -> Pointer {
    let label = if it.outbox { span(Tone::Good, "outbox") } else { span(Tone::Bad, "direct") };
    said.pointer(label, &it.topic.name, &it.at)
}

fn cache(it: &Cache, said: &Said<'_>) -> Vec<Pointer> {
    let ttl = it.ttl_seconds.map_or("no known time to live".to_owned(), |s| format!("lives {s} s"));
    let mut out = vec![said.pointer(span(Tone::Named, "fills"), &format!("{}, {ttl}", it.key), &it.at)];
    out.extend(it.invalidations.iter().map(|removal| {
        let by = match removal.triggers.as_slice() {
            [] => String::new(),
            triggers => format!(", run by {}", words::list(triggers)),
        };
        said.pointer(span(Tone::Named, "removes"), &format!("{}{by}", removal.function), &removal.at)
    }));
    out
}
