//! Patterns as they are practised here: who uses each, and the user's own code as the example.

use serde::Serialize;

use super::Views;
use crate::audit::{Control, Evidence, Service, Status};
use crate::report::docs::excerpt::{self, Excerpt};
use crate::report::docs::markdown;
use crate::report::docs::patterns::{Family, Pattern};
use crate::report::words;

/// The patterns of one control.
#[derive(Debug, Serialize)]
pub struct FamilyView {
    control: String,
    title: String,
    question: String,
    used: Vec<PatternUse>,
    aspects: Vec<String>,
    table: Vec<PatternRow>,
}

/// A pattern that is used.
#[derive(Debug, Serialize)]
pub struct PatternUse {
    id: String,
    title: String,
    /// Anchor of its section in the summary.
    anchor: String,
    how: String,
    pros: Vec<String>,
    cons: Vec<String>,
    when: Vec<String>,
    services: Vec<String>,
    consumers: usize,
    example: Option<Excerpt>,
}

/// A row of a comparison.
#[derive(Debug, Serialize)]
pub struct PatternRow {
    title: String,
    services: Vec<String>,
    cells: Vec<String>,
}

impl Views<'_> {
    /// The families of these controls that anybody in scope uses a pattern of.
    pub(super) fn practice(&self, scope: &[&Service], controls: &[Control]) -> Vec<FamilyView> {
        let wanted = self.families.iter().filter(|family| controls.contains(&family.control));
        wanted.map(|family| self.family(scope, family)).filter(|view| !view.used.is_empty()).collect()
    }

    fn family(&self, scope: &[&Service], family: &Family) -> FamilyView {
        let used = family.patterns.iter().filter_map(|pattern| self.used(scope, family, pattern));
        FamilyView {
            control: family.control.word().to_owned(),
            title: family.title.clone(),
            question: family.question.clone(),
            used: used.collect(),
            aspects: family.aspects.clone(),
            table: family
                .patterns
                .iter()
                .map(|pattern| PatternRow {
                    title: pattern.title.clone(),
                    services: with_status(scope, family.control, &pattern.id),
                    cells: pattern.compare.clone(),
                })
                .collect(),
        }
    }

    fn used(&self, scope: &[&Service], family: &Family, pattern: &Pattern) -> Option<PatternUse> {
        let services = users(scope, family.control, &pattern.id);
        if services.is_empty() {
            return None;
        }
        let with = self.audit.consumers.iter().filter(|c| {
            services.contains(&c.service)
                && c.controls.get(&family.control).is_some_and(|v| v.pattern.as_ref() == Some(&pattern.id))
        });
        Some(PatternUse {
            id: pattern.id.clone(),
            title: pattern.title.clone(),
            anchor: markdown::anchor(&format!("{}: {}", family.title, pattern.title)),
            how: pattern.how.clone(),
            pros: pattern.pros.clone(),
            cons: pattern.cons.clone(),
            when: pattern.when.clone(),
            consumers: with.count(),
            example: self.example(scope, family, pattern),
            services,
        })
    }

    /// The place that shows a pattern best: by the part it plays, in a service that has the control
    /// in place if there is one.
    fn example(&self, scope: &[&Service], family: &Family, pattern: &Pattern) -> Option<Excerpt> {
        let mine = |name: &str| scope.iter().any(|service| service.name == name);
        let consumers = self.audit.consumers.iter().filter(|c| mine(&c.service));
        let of_consumers = consumers.filter_map(|c| c.controls.get(&family.control)).filter_map(|v| {
            (v.pattern.as_ref() == Some(&pattern.id)).then_some((v.status, v.evidence.as_slice()))
        });
        let of_services = scope.iter().filter_map(|s| s.controls.get(&family.control)).filter_map(|v| {
            (v.patterns == [pattern.id.clone()]).then_some((v.status, v.evidence.as_slice()))
        });
        let shows = if pattern.shows.is_empty() { &family.shows } else { &pattern.shows };
        let places = of_consumers.chain(of_services).flat_map(|(status, evidence)| {
            evidence.iter().map(move |it| (rank(shows, it), status != Status::Implemented, it))
        });
        let mut places: Vec<(usize, bool, &Evidence)> =
            places.filter_map(|(rank, weak, it)| Some((rank?, weak, it))).collect();
        places.sort_by_key(|(rank, weak, _)| (*weak, *rank));
        places
            .iter()
            .find_map(|(_, _, it)| excerpt::around(&self.links, self.material.source, &it.path, it.line))
    }
}

/// How well a line shows its pattern: the position of its part among those that do.
fn rank(shows: &[String], evidence: &Evidence) -> Option<usize> {
    shows.iter().position(|role| *role == evidence.role)
}

/// The services that use a pattern, each with its status where the control is not in place.
fn with_status(scope: &[&Service], control: Control, pattern: &str) -> Vec<String> {
    let told = |name: String| {
        let service = scope.iter().find(|service| service.name == name);
        let status = service.and_then(|service| service.controls.get(&control)).map(|v| v.status);
        match status.filter(|status| *status != Status::Implemented) {
            Some(status) => format!("{name} ({})", words::status(status)),
            None => name,
        }
    };
    users(scope, control, pattern).into_iter().map(told).collect()
}

fn users(scope: &[&Service], control: Control, pattern: &str) -> Vec<String> {
    let uses = |service: &&&Service| {
        service.controls.get(&control).is_some_and(|v| v.patterns.iter().any(|id| id == pattern))
    };
    scope.iter().filter(uses).map(|service| service.name.clone()).collect()
}
