//! Several audits as one: of several repositories laid side by side, or of every shard of one.
//!
//! What concerns topics as a whole is not joined here: who publishes in one repository to whom in
//! another is for `controls` to say.

use std::collections::{BTreeMap, BTreeSet};

use super::{Audit, AuditResult, Counts, Finding, Shard, percent};

/// Why audits do not go together; a clause, and which of them it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinError {
    /// Index of the audit.
    pub index: usize,
    /// What is wrong with it.
    pub why: String,
}

impl Audit {
    /// Joins the shards of one audit: the result is what one run over everything gives. Every
    /// shard must be there once.
    pub fn join_shards(parts: Vec<Audit>) -> Result<Audit, JoinError> {
        check_alike(&parts)?;
        let of = parts.iter().find_map(|part| part.shard).map_or(0, |shard| shard.of);
        let mut seen = BTreeSet::new();
        for (index, part) in parts.iter().enumerate() {
            let wrong = |why: String| Err(JoinError { index, why });
            match part.shard {
                Some(Shard { index: number, of: all }) if all == of => {
                    if !seen.insert(number) {
                        return wrong(format!("shard {number}/{of} is given twice"));
                    }
                }
                Some(shard) => return wrong(format!("it is a shard of {}, others are of {of}", shard.of)),
                None => return wrong("it is no shard, and others are".to_owned()),
            }
            if part.topics != parts[0].topics || part.stats != parts[0].stats {
                return wrong("it is a shard of another tree than the first".to_owned());
            }
        }
        if let Some(missing) = (1..=of).find(|number| !seen.contains(number)) {
            return Err(JoinError { index: 0, why: format!("shard {missing}/{of} is missing") });
        }
        let number = parts.len();
        let mut parts = parts.into_iter();
        let Some(mut whole) = parts.next() else {
            return Err(JoinError { index: 0, why: "nothing is given".to_owned() });
        };
        whole.shard = None;
        let mut findings = vec![std::mem::take(&mut whole.findings)];
        for mut part in parts {
            findings.push(std::mem::take(&mut part.findings));
            whole.take(part);
        }
        whole.findings = shards_findings(findings, number);
        whole.sort();
        whole.identify();
        Ok(whole)
    }

    /// Joins audits of repositories, each with its name: paths begin with it, and so does the name
    /// of a service that several have. Topics and what is found of them are left to be made anew.
    pub fn join_repositories(parts: Vec<(String, Audit)>) -> Result<Audit, JoinError> {
        let (names, mut audits): (Vec<String>, Vec<Audit>) = parts.into_iter().unzip();
        check_alike(&audits)?;
        for (index, part) in audits.iter().enumerate() {
            if let Some(Shard { index: number, of }) = part.shard {
                let why = format!("it is shard {number}/{of}, and others are whole");
                return Err(JoinError { index, why });
            }
        }
        let mut met: BTreeMap<String, u32> = BTreeMap::new();
        for service in audits.iter().flat_map(|part| &part.services) {
            *met.entry(service.name.clone()).or_default() += 1;
        }
        let clashes = |service: &str| met.get(service).is_some_and(|count| *count > 1);
        for (name, audit) in names.iter().zip(&mut audits) {
            audit.rename_services(&|service| clashes(service).then(|| format!("{name}/{service}")));
            audit.move_below(name);
        }
        let mut audits = audits.into_iter();
        let Some(mut whole) = audits.next() else {
            return Err(JoinError { index: 0, why: "nothing is given".to_owned() });
        };
        for mut part in audits {
            whole.stats.files_walked += part.stats.files_walked;
            whole.stats.files_parsed += part.stats.files_parsed;
            whole.stats.bytes_parsed += part.stats.bytes_parsed;
            whole.stats.files_generated += part.stats.files_generated;
            whole.stats.files_of_tests += part.stats.files_of_tests;
            whole.stats.files_excluded += part.stats.files_excluded;
            whole.findings.append(&mut part.findings);
            whole.topics.append(&mut part.topics);
            whole.checklists.append(&mut part.checklists);
            whole.take(part);
        }
        whole.sort();
        whole.identify();
        Ok(whole)
    }

    /// Adds what another audit has of everything that is listed by service.
    fn take(&mut self, mut part: Audit) {
        self.services.append(&mut part.services);
        self.consumers.append(&mut part.consumers);
        self.publishers.append(&mut part.publishers);
        self.caches.append(&mut part.caches);
        self.schemas.append(&mut part.schemas);
        self.observers.append(&mut part.observers);
        self.diagnostics.append(&mut part.diagnostics);
        for row in part.audits {
            match self.audits.iter_mut().find(|r| r.name == row.name && r.control == row.control) {
                Some(known) => known.add(row),
                None => self.audits.push(row),
            }
        }
    }

    fn rename_services(&mut self, renamed: &dyn Fn(&str) -> Option<String>) {
        let rename = |name: &mut String| {
            if let Some(new) = renamed(name) {
                *name = new;
            }
        };
        let of_id = |id: &mut String, service: &str| {
            if let (Some(new), Some(rest)) = (renamed(service), id.strip_prefix(service)) {
                *id = format!("{new}{rest}");
            }
        };
        for finding in &mut self.findings {
            if let Some(id) = &mut finding.consumer {
                of_id(id, &finding.service);
            }
            rename(&mut finding.service);
        }
        for consumer in &mut self.consumers {
            of_id(&mut consumer.id, &consumer.service);
            rename(&mut consumer.service);
        }
        self.services.iter_mut().for_each(|s| rename(&mut s.name));
        self.publishers.iter_mut().for_each(|p| rename(&mut p.service));
        self.caches.iter_mut().for_each(|c| rename(&mut c.service));
        self.schemas.iter_mut().for_each(|s| rename(&mut s.service));
        self.observers.iter_mut().for_each(|o| rename(&mut o.service));
        for row in &mut self.audits {
            let services = std::mem::take(&mut row.services);
            row.services =
                services.into_iter().map(|(name, s)| (renamed(&name).unwrap_or(name), s)).collect();
        }
    }

    /// Puts a folder in front of every path.
    fn move_below(&mut self, folder: &str) {
        let down = |path: &mut String| {
            *path = if path == "." { folder.to_owned() } else { format!("{folder}/{path}") };
        };
        for service in &mut self.services {
            down(&mut service.path);
            service.controls.values_mut().flat_map(|v| &mut v.evidence).for_each(|e| down(&mut e.path));
        }
        for consumer in &mut self.consumers {
            down(&mut consumer.registration.path);
            down(&mut consumer.handler.path);
            consumer.path.iter_mut().for_each(|symbol| down(&mut symbol.path));
            consumer.controls.values_mut().flat_map(|v| &mut v.evidence).for_each(|e| down(&mut e.path));
        }
        self.publishers.iter_mut().for_each(|p| down(&mut p.at.path));
        for cache in &mut self.caches {
            down(&mut cache.at.path);
            cache.invalidations.iter_mut().for_each(|i| down(&mut i.at.path));
        }
        self.topics.iter_mut().flat_map(|t| &mut t.manifests).for_each(|e| down(&mut e.path));
        self.schemas.iter_mut().for_each(|s| down(&mut s.at.path));
        for observer in &mut self.observers {
            down(&mut observer.handler.path);
            down(&mut observer.registered.path);
            observer.registry.iter_mut().for_each(|symbol| down(&mut symbol.path));
            observer.own_effects.iter_mut().for_each(|e| down(&mut e.path));
        }
        for finding in &mut self.findings {
            down(&mut finding.location.path);
            finding.evidence.iter_mut().for_each(|e| down(&mut e.path));
        }
        for checklist in &mut self.checklists {
            checklist.name = format!("{folder}/{}", checklist.name);
            let items = checklist.sections.iter_mut().flat_map(|s| &mut s.items);
            items.flat_map(|i| &mut i.evidence).for_each(|e| down(&mut e.path));
        }
        self.diagnostics.iter_mut().for_each(|d| down(&mut d.path));
    }
}

impl AuditResult {
    fn add(&mut self, other: AuditResult) {
        let (a, b) = (self.counts, other.counts);
        self.counts = Counts {
            implemented: a.implemented + b.implemented,
            partial: a.partial + b.partial,
            needs_review: a.needs_review + b.needs_review,
            missing: a.missing + b.missing,
            not_applicable: a.not_applicable + b.not_applicable,
            waived: a.waived + b.waived,
        };
        self.denominator += other.denominator;
        self.percent = percent(self.counts.implemented, self.denominator);
        self.services.extend(other.services);
    }
}

/// Audits that were made in different ways cannot be added up.
fn check_alike(parts: &[Audit]) -> Result<(), JoinError> {
    for (index, part) in parts.iter().enumerate() {
        let first = &parts[0];
        let why = if part.tool != first.tool {
            format!("version {} made it, and {} the first", part.tool.version, first.tool.version)
        } else if part.policy != first.policy {
            "its policy is not that of the first".to_owned()
        } else if part.depth != first.depth {
            "its depth is not that of the first".to_owned()
        } else {
            continue;
        };
        return Err(JoinError { index, why });
    }
    Ok(())
}

/// The findings of all shards. Each shard looks at every waiver and ignore: one that another shard
/// used is not unused, and one that cannot be read or has run out is told by all.
fn shards_findings(parts: Vec<Vec<Finding>>, number: usize) -> Vec<Finding> {
    let of_words = |f: &Finding| f.rule.ends_with("-ignore") || f.rule.ends_with("-waiver");
    let mut out = Vec::new();
    let mut words: BTreeMap<_, (usize, Finding)> = BTreeMap::new();
    for finding in parts.into_iter().flatten() {
        if !of_words(&finding) {
            out.push(finding);
            continue;
        }
        let key = (finding.rule.clone(), finding.location.clone(), finding.message.clone());
        let known = words.entry(key).or_insert_with(|| (0, finding.clone()));
        known.0 += 1;
        // Only the shard that met what a waiver names knows the service.
        if known.1.service == "." {
            known.1 = finding;
        }
    }
    let said = |(met, finding): (usize, Finding)| {
        (met == number || !finding.rule.starts_with("unused")).then_some(finding)
    };
    out.extend(words.into_values().filter_map(said));
    out
}
