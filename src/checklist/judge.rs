//! Each item put to what decides it.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Answer, at, over_brokers};
use super::search::{self, Hit};
use super::{ChecklistRule, ItemRule, Need, Per, Search, Test, attest, same};
use crate::audit::{
    Audit, Cache, CacheStore, Checklist, Consumer, Control, Evidence, Finding, Item, ItemState, Priority,
    SagaRole, Section, Service, ServiceKind, Status, SubscriptionType,
};
use crate::config::{AuditEntry, ConfigError, Settings};
use crate::controls::control_of;
use crate::read::Repository;
use crate::source;

/// How many places an item shows.
const SHOWN: usize = 5;

/// Parts by which evidence shows that a control is in place, the best first: what writes an outbox
/// says more than what reads it.
const PROVES: [&str; 13] = [
    "dedupe.middleware",
    "dedupe.claim",
    "dedupe.check",
    "dedupe.mark",
    "guard.state",
    "effect.upsert",
    "dead-letter",
    "validate",
    "refusal",
    "cache.invalidate",
    "outbox.write",
    "publisher",
    "registration",
];

/// Fills in the checklists of every audit, then lays people's word over them.
pub fn fill(
    audit: &mut Audit,
    repository: &Repository,
    checklists: &[ChecklistRule],
    settings: &Settings,
) -> Result<(), ConfigError> {
    let wanted: Vec<(&AuditEntry, &ChecklistRule)> = settings
        .config
        .audits
        .iter()
        .filter_map(|entry| {
            let id = entry.documents.checklist.as_ref().map_or(&entry.name, |mention| &mention.name);
            Some((entry, checklists.iter().find(|checklist| checklist.id == *id)?))
        })
        .collect();
    let mut searches: Vec<&Search> = Vec::new();
    for item in wanted.iter().flat_map(|(_, checklist)| checklist.items()) {
        if let Test::Search(search) = &item.test {
            searches.push(search);
        }
    }
    let hits = search::run(&settings.root, repository, &searches);
    let mut filled = Vec::new();
    // Searches are numbered in the order in which the items come.
    let mut number = 0;
    for (entry, checklist) in wanted {
        let view = View::new(audit, entry, repository);
        let mut sections = Vec::new();
        for section in &checklist.sections {
            let mut items = Vec::new();
            for item in &section.items {
                let mine: Vec<&Hit> = match item.test {
                    Test::Search(_) => {
                        number += 1;
                        hits.iter().filter(|hit| hit.search == number - 1).collect()
                    }
                    _ => Vec::new(),
                };
                items.push(view.item(item, &mine));
            }
            sections.push(Section::new(&section.title, items));
        }
        filled.push(Checklist::new(&entry.name, &checklist.title, sections));
    }
    audit.checklists = filled;
    attest::apply(audit, checklists, settings)?;
    same::refer(&mut audit.checklists, checklists);
    // Figures follow from the states that people's word has changed.
    for checklist in &mut audit.checklists {
        let sections = std::mem::take(&mut checklist.sections);
        let sections = sections.into_iter().map(|s| Section::new(&s.title, s.items)).collect();
        *checklist = Checklist::new(&checklist.name, &checklist.title, sections);
    }
    Ok(())
}

/// The audit as one checklist sees it.
struct View<'a> {
    audit: &'a Audit,
    entry: &'a AuditEntry,
    repository: &'a Repository,
    scope: Vec<&'a Service>,
}

impl<'a> View<'a> {
    fn new(audit: &'a Audit, entry: &'a AuditEntry, repository: &'a Repository) -> View<'a> {
        let rows: Vec<_> = audit.audits.iter().filter(|row| row.name == entry.name).collect();
        let names: BTreeSet<&String> = rows.iter().flat_map(|row| row.services.keys()).collect();
        let scope = audit.services.iter().filter(|s| names.contains(&s.name)).collect();
        View { audit, entry, repository, scope }
    }

    fn item(&self, rule: &ItemRule, hits: &[&Hit]) -> Item {
        let (state, note, mut evidence) = self.answer(rule, hits);
        evidence.truncate(SHOWN);
        let (id, title) = (rule.id.clone(), rule.title.clone());
        Item { id, title, state, note, evidence, attestation: None, same_as: None }
    }

    fn answer(&self, rule: &ItemRule, hits: &[&Hit]) -> Answer {
        if !rule.needs.iter().all(|need| self.has(*need)) {
            return self.lacking(rule);
        }
        let against = self.found(&rule.refuted_by);
        let (state, note, evidence) = if against.is_empty() {
            let answer = match &rule.test {
                Test::Control(control) => self.control(*control, &rule.asks),
                Test::Rules(rules) => self.rules(rules, rule),
                Test::Fact(fact) => fact.ask(self.audit, &self.scope, self.repository),
                Test::Search(search) => self.search(search, hits),
                Test::Person => (ItemState::Open, String::new(), Vec::new()),
            };
            let undecided = matches!(answer.0, ItemState::Open | ItemState::Unmet);
            let proof = || {
                let fact = rule.proved_by_fact?.ask(self.audit, &self.scope, self.repository);
                (fact.0 == ItemState::Met).then_some(fact)
            };
            if undecided { self.proved(rule).or_else(proof).unwrap_or(answer) } else { answer }
        } else {
            (state_of(&against, &rule.asks), self.refuted(rule, &against), shown(&against))
        };
        let note = match (state, note.is_empty()) {
            (ItemState::Met | ItemState::NotApplicable, _) => note,
            (_, true) => rule.help.clone(),
            (_, false) => format!("{note} {}", rule.help),
        };
        (state, note, evidence)
    }

    /// What there is to say where something that an item needs was not seen: that it applies to nothing,
    /// unless that is there and out of sight.
    fn lacking(&self, rule: &ItemRule) -> Answer {
        let lacks: Vec<Need> = rule.needs.iter().copied().filter(|need| !self.has(*need)).collect();
        let hands_on =
            |c: &&Consumer| self.mine(&c.service) && c.registration_kind == SubscriptionType::Observer;
        let unread = self.audit.consumers.iter().filter(hands_on);
        let unread: Vec<Evidence> = if lacks.contains(&Need::Observers) {
            unread.map(|c| at(&c.registration, "consumer", &c.topic.name)).collect()
        } else {
            Vec::new()
        };
        if !unread.is_empty() {
            let note = format!(
                "{} raised again inside of the process, and nobody was seen to subscribe to them there; that is beside the handler that the audits name. {}",
                if unread.len() == 1 {
                    "The messages of this consumer are"
                } else {
                    "The messages of these consumers are"
                },
                rule.help
            );
            return (ItemState::Open, note, unread);
        }
        let words: Vec<&str> = lacks.iter().map(|need| need.word()).collect();
        let note = format!("No {} was seen here.", words.join(" or "));
        // What is asked of a place for failed messages waits for one, where one is lacking.
        if lacks == [Need::DeadLetters] && self.loses_failures() {
            return (ItemState::Unmet, format!("{note} That comes first. {}", rule.help), Vec::new());
        }
        if lacks.contains(&Need::Groups) {
            return (ItemState::Open, format!("{note} {}", rule.help), Vec::new());
        }
        (ItemState::NotApplicable, note, Vec::new())
    }

    /// Whether messages of services in scope fail and are kept nowhere.
    fn loses_failures(&self) -> bool {
        let status = |s: &&&Service| s.controls.get(&Control::DeadLetter).map(|verdict| verdict.status);
        self.scope.iter().any(|s| status(&s) == Some(Status::Missing))
    }

    fn has(&self, need: Need) -> bool {
        match need {
            Need::Consumers => self.scope.iter().any(|s| s.consumer),
            Need::Publishers => self.scope.iter().any(|s| s.publisher),
            Need::DuplicateChecks => {
                self.audit.consumers.iter().any(|c| self.mine(&c.service) && checks_duplicates(c))
            }
            Need::Groups => self.audit.consumers.iter().any(|c| self.mine(&c.service) && c.group.is_some()),
            Need::Outboxes => self.scope.iter().any(|s| has_outbox(s)),
            Need::Validators => self.audit.consumers.iter().any(|c| self.mine(&c.service) && validates(c)),
            Need::Brokers => over_brokers(self.audit, &self.scope).next().is_some(),
            Need::DeadLetters => self.audit.consumers.iter().any(|c| self.mine(&c.service) && parks(c)),
            Need::Schemas => {
                self.audit.schemas.iter().any(|s| self.mine(&s.service))
                    || self.audit.consumers.iter().any(|c| self.mine(&c.service) && is_described(c))
            }
            Need::Caches => self.audit.caches.iter().any(|c| self.mine(&c.service)),
            Need::KeyedCaches => self.keyed_caches().next().is_some(),
            Need::Observers => self.audit.observers.iter().any(|o| self.mine(&o.service)),
            Need::Sagas => {
                let told = self.scope.iter().any(|s| s.role.is_some_and(|role| role != SagaRole::None));
                let named = |path: &str| {
                    let mut words = path.split(|c: char| !c.is_alphanumeric());
                    words.any(|word| ["saga", "sagas"].contains(&word.to_lowercase().as_str()))
                };
                told || self.repository.listing.iter().any(|file| named(&file.path))
            }
        }
    }

    fn control(&self, control: Control, asks: &[Priority]) -> Answer {
        let row = self.audit.audits.iter().find(|row| row.name == self.entry.name && row.control == control);
        let own = |s: &&Service| s.controls.get(&control).map_or(Status::NotApplicable, |v| v.status);
        let statuses: BTreeMap<&str, Status> = if let Some(row) = row {
            row.services.iter().map(|(name, status)| (name.as_str(), *status)).collect()
        } else {
            self.scope.iter().map(|s| (s.name.as_str(), own(s))).collect()
        };
        let with = |wanted: &[Status]| -> Vec<&str> {
            statuses.iter().filter(|(_, status)| wanted.contains(status)).map(|(name, _)| *name).collect()
        };
        let good = with(&[Status::Implemented]);
        let gaps = with(&[Status::Partial, Status::Missing]);
        let unsure = with(&[Status::NeedsReview]);
        let all = good.len() + gaps.len() + unsure.len();
        if all == 0 {
            return (ItemState::NotApplicable, "It applies to no service in scope.".to_owned(), Vec::new());
        }
        let figure = format!("In place in {} of the {}", good.len(), so_many(all, ["it applies to"; 2]));
        if !gaps.is_empty() {
            let note = format!("{figure}; not, or in part, in {}.", gaps.join(", "));
            return (ItemState::Unmet, note, self.proof(control, &gaps, unprotected(control)));
        }
        if !unsure.is_empty() {
            let note = format!("{figure}; to be looked at in {}.", unsure.join(", "));
            return (ItemState::Open, note, self.proof(control, &unsure, &[]));
        }
        self.in_place(control, &good, &figure, asks)
    }

    /// What tells against an item. The control that decides it may be in place all the same, and is told as
    /// the audits tell it.
    fn refuted(&self, rule: &ItemRule, against: &[&Finding]) -> String {
        let found = told(against, &rule.asks);
        let Test::Control(control) = &rule.test else { return found };
        let (_, note, _) = self.control(*control, &rule.asks);
        if note.ends_with(&found) { note } else { format!("{note} {found}") }
    }

    /// The answer where a control is in place wherever it applies: that it is, or where a finding names
    /// a condition under which it fails, what that makes of the item.
    fn in_place(&self, control: Control, services: &[&str], figure: &str, asks: &[Priority]) -> Answer {
        let weakens = |f: &&Finding| {
            f.weakens()
                && control_of(&f.rule) == Some(control)
                && services.contains(&f.service.as_str())
                && self.entry.looks_at(self.audit, f)
        };
        let found: Vec<&Finding> = self.audit.findings.iter().filter(weakens).collect();
        let proof = self.proof(control, services, &PROVES);
        if found.is_empty() {
            return (ItemState::Met, format!("{figure}."), proof);
        }
        let weak: BTreeSet<&str> = found.iter().map(|f| f.service.as_str()).collect();
        let weak: Vec<&str> = weak.into_iter().collect();
        let note = format!("{figure}, with a known weakness in {}: {}", weak.join(", "), told(&found, asks));
        (state_of(&found, asks), note, shown(&found).into_iter().chain(proof).collect())
    }

    /// One piece of evidence of each of these services: the first that plays the foremost of these
    /// parts.
    fn proof(&self, control: Control, services: &[&str], parts: &[&str]) -> Vec<Evidence> {
        let of = |service: &&Service| services.contains(&service.name.as_str());
        let verdicts = self.scope.iter().filter(|s| of(s)).filter_map(|s| s.controls.get(&control));
        let rank = |e: &&Evidence| parts.iter().position(|part| *part == e.role).unwrap_or(parts.len());
        verdicts.filter_map(|verdict| verdict.evidence.iter().min_by_key(rank).cloned()).collect()
    }

    fn rules(&self, rules: &[String], rule: &ItemRule) -> Answer {
        let found = self.found(rules);
        let looked_at: Vec<String> = rule.needs.iter().map(|need| self.many(*need)).collect();
        let among = if looked_at.is_empty() { "everything".to_owned() } else { looked_at.join(" and ") };
        if found.is_empty() {
            let ids = format!("`{}`", rules.join("` or `"));
            return (ItemState::Met, format!("Looked at {among}: no finding of {ids}."), Vec::new());
        }
        let note = format!("Looked at {among}: {}", told(&found, &rule.asks));
        (state_of(&found, &rule.asks), note, shown(&found))
    }

    /// The findings of these rules that count.
    fn found(&self, rules: &[String]) -> Vec<&'a Finding> {
        let counts = |f: &&Finding| f.suppressed.is_none() && f.is_of(rules) && self.mine(&f.service);
        self.audit.findings.iter().filter(counts).collect()
    }

    /// The answer of the first control that proves an item by being in place wherever it applies.
    fn proved(&self, rule: &ItemRule) -> Option<Answer> {
        rule.proved_by.iter().find_map(|control| {
            let (state, note, evidence) = self.control(*control, &rule.asks);
            let note = format!("It follows from `{}`. {note}", control.word());
            (state == ItemState::Met).then_some((state, note, evidence))
        })
    }

    /// How many there are of what an item needs, in words.
    fn many(&self, need: Need) -> String {
        let consumers = || self.audit.consumers.iter().filter(|c| self.mine(&c.service));
        let number = match need {
            Need::Consumers => consumers().count(),
            Need::DuplicateChecks => consumers().filter(|c| checks_duplicates(c)).count(),
            Need::Groups => consumers().filter(|c| c.group.is_some()).count(),
            Need::Publishers => self.audit.publishers.iter().filter(|p| self.mine(&p.service)).count(),
            Need::Caches => self.audit.caches.iter().filter(|c| self.mine(&c.service)).count(),
            Need::KeyedCaches => self.keyed_caches().count(),
            Need::Observers => self.audit.observers.iter().filter(|o| self.mine(&o.service)).count(),
            Need::Outboxes => self.scope.iter().filter(|s| has_outbox(s)).count(),
            Need::Validators => consumers().filter(|c| validates(c)).count(),
            Need::Brokers => over_brokers(self.audit, &self.scope).count(),
            Need::DeadLetters => consumers().filter(|c| parks(c)).count(),
            Need::Schemas => self.audit.schemas.iter().filter(|s| self.mine(&s.service)).count(),
            Need::Sagas => return "the sagas".to_owned(),
        };
        let (one, many) = match need {
            Need::DuplicateChecks => (
                "consumer that keeps a record of handled messages",
                "consumers that keep a record of handled messages",
            ),
            _ => (need.word(), need.words()),
        };
        format!("{number} {}", if number == 1 { one } else { many })
    }

    fn keyed_caches(&self) -> impl Iterator<Item = &Cache> {
        self.audit.caches.iter().filter(|c| self.mine(&c.service) && c.store != Some(CacheStore::Table))
    }

    fn mine(&self, service: &str) -> bool {
        self.scope.iter().any(|s| s.name == service)
    }

    fn search(&self, search: &Search, hits: &[&Hit]) -> Answer {
        let proved = !search.hint && hits.iter().any(|hit| hit.proves);
        let shown = hits.iter().filter(|hit| hit.proves || !proved);
        let evidence: Vec<Evidence> = shown.map(|hit| hit.evidence.clone()).collect();
        let nothing = if search.conclusive && !search.hint { ItemState::Unmet } else { ItemState::Open };
        if !proved && !evidence.is_empty() {
            let note = format!("Seen in {}; a person is to say whether it is enough.", files(evidence.len()));
            return (ItemState::Open, note, evidence);
        }
        if search.optional && evidence.is_empty() {
            return (ItemState::NotApplicable, "Nothing of it was seen here.".to_owned(), evidence);
        }
        if search.per == Per::Repository {
            return match evidence.len() {
                0 => (nothing, String::new(), evidence),
                number => (ItemState::Met, format!("Found in {}.", files(number)), evidence),
            };
        }
        let asked: Vec<&str> =
            self.scope.iter().filter(|s| self.asked(search.per, s)).map(|s| s.name.as_str()).collect();
        if asked.is_empty() {
            let note = "No service that this is about was found.".to_owned();
            return (ItemState::NotApplicable, note, Vec::new());
        }
        let services = &self.repository.services;
        let owner = |e: &Evidence| services.owner_of(&e.path).map(|index| &services.list[index]);
        let (mut first, mut shared): (BTreeMap<&str, Evidence>, Vec<Evidence>) =
            (BTreeMap::new(), Vec::new());
        for found in evidence {
            match owner(&found) {
                Some(service) if asked.contains(&service.name.as_str()) => {
                    first.entry(&service.name).or_insert(found);
                }
                Some(service) if service.kind != source::services::ServiceKind::Library => {}
                _ => shared.push(found),
            }
        }
        for &name in &asked {
            if !first.contains_key(name) {
                let passed = self.passed(name);
                let shared = shared.iter().find(|hit| passed.contains(hit.path.as_str()));
                first.extend(shared.map(|hit| (name, hit.clone())));
            }
        }
        let without: Vec<&str> = asked.iter().copied().filter(|name| !first.contains_key(name)).collect();
        let figure = format!("Found in {} of the {}", first.len(), so_many(asked.len(), doing(search.per)));
        let mut found: Vec<Evidence> = first.into_values().collect();
        found.sort();
        found.dedup();
        if without.is_empty() {
            return (ItemState::Met, format!("{figure}."), found);
        }
        let without = without.join(", ");
        if shared.is_empty() {
            return (nothing, format!("{figure}; not in {without}."), found);
        }
        // Shared code may do it for the others too, out of sight.
        let note = format!(
            "{figure}; of {without} it was not seen whether shared code does it, which has it in {}.",
            files(shared.len())
        );
        (ItemState::Open, note, shared.into_iter().chain(found).collect())
    }
}

impl View<'_> {
    /// Whether files of this service must match.
    fn asked(&self, per: Per, service: &Service) -> bool {
        match per {
            Per::Repository => false,
            Per::Participant => {
                service.kind == ServiceKind::Service && (service.consumer || service.publisher)
            }
            Per::Consumer => service.consumer,
            Per::Publisher => service.publisher,
            Per::Recorder => {
                self.audit.consumers.iter().any(|c| c.service == service.name && checks_duplicates(c))
            }
        }
    }

    /// The files that the messages of a service pass, as far as the audit tells.
    fn passed(&self, service: &str) -> BTreeSet<&str> {
        let mut files: BTreeSet<&str> = BTreeSet::new();
        for consumer in self.audit.consumers.iter().filter(|c| c.service == service) {
            files.insert(&consumer.handler.path);
            files.extend(consumer.path.iter().map(|step| step.path.as_str()));
            files.extend(consumer.controls.values().flat_map(|v| &v.evidence).map(|e| e.path.as_str()));
        }
        let publishers = self.audit.publishers.iter().filter(|p| p.service == service);
        files.extend(publishers.map(|p| p.at.path.as_str()));
        let verdicts = self.audit.services.iter().filter(|s| s.name == service);
        let proofs = verdicts.flat_map(|s| s.controls.values()).flat_map(|v| &v.evidence);
        let findings = self.audit.findings.iter().filter(|f| f.service == service).flat_map(|f| &f.evidence);
        files.extend(proofs.chain(findings).map(|e| e.path.as_str()));
        files
    }
}

/// Parts by which evidence shows a gap best: of an outbox, what is sent past it; of idempotency, what is
/// done again, the worst first.
fn unprotected(control: Control) -> &'static [&'static str] {
    match control {
        Control::Outbox => &["unconfirmed", "publisher"],
        Control::Idempotency => &["effect.charge", "effect.increment", "effect.insert"],
        _ => &[],
    }
}

/// Whether a consumer was seen to ask for, or to keep, a record of what it has handled.
fn checks_duplicates(consumer: &Consumer) -> bool {
    let found = consumer.controls.get(&Control::Idempotency).map_or(&[][..], |v| &v.evidence);
    found.iter().any(|it| it.role.starts_with("dedupe."))
}

/// Whether a check of the payload was seen that is asked for by name, whatever becomes of its answer.
fn validates(consumer: &Consumer) -> bool {
    let found = consumer.controls.get(&Control::Schema).map_or(&[][..], |v| &v.evidence);
    found.iter().any(|it| it.role == "validate")
}

/// Whether failed messages of a consumer end somewhere, some of them at least.
fn parks(consumer: &Consumer) -> bool {
    let verdict = consumer.controls.get(&Control::DeadLetter);
    verdict.is_some_and(|it| matches!(it.status, Status::Implemented | Status::Partial))
}

/// Whether something outside of the code says what a consumer's payload is.
fn is_described(consumer: &Consumer) -> bool {
    let pattern = consumer.controls.get(&Control::Schema).and_then(|it| it.pattern.as_deref());
    pattern.is_some_and(|it| ["json-schema", "registry", "idl", "idl-registry"].contains(&it))
}

/// What findings make of an item that they tell against: the one rule for all of them.
fn state_of(found: &[&Finding], asks: &[Priority]) -> ItemState {
    let all_ask = found.iter().all(|f| asks.contains(&f.priority));
    if all_ask { ItemState::Open } else { ItemState::Unmet }
}

/// Findings that tell against an item, in a sentence.
fn told(found: &[&Finding], asks: &[Priority]) -> String {
    let rules: BTreeSet<&str> = found.iter().map(|f| f.rule.as_str()).collect();
    let rules: Vec<&str> = rules.into_iter().collect();
    let number = if found.len() == 1 { "1 finding".to_owned() } else { format!("{} findings", found.len()) };
    let whose = match (state_of(found, asks), found.len()) {
        (ItemState::Open, 1) => ", which asks a person to look",
        (ItemState::Open, _) => ", which ask a person to look",
        _ => "",
    };
    format!("{number} of `{}`{whose}.", rules.join("` or `"))
}

/// Findings as evidence.
fn shown(found: &[&Finding]) -> Vec<Evidence> {
    found.iter().map(|f| at(&f.location, &f.rule, &f.message)).collect()
}

/// Whether a service writes its events to an outbox, some of them at least.
fn has_outbox(service: &Service) -> bool {
    service.controls.get(&Control::Outbox).is_some_and(|verdict| {
        matches!(verdict.status, Status::Implemented | Status::Partial)
            && verdict.patterns.iter().any(|pattern| pattern != "none")
    })
}

fn files(number: usize) -> String {
    if number == 1 { "1 file".to_owned() } else { format!("{number} files") }
}

/// What a service does whose files must match, and what several do.
fn doing(per: Per) -> [&'static str; 2] {
    match per {
        Per::Consumer => ["consumes", "consume"],
        Per::Publisher => ["publishes", "publish"],
        Per::Recorder => ["keeps records of messages", "keep records of messages"],
        Per::Repository | Per::Participant => ["takes part", "take part"],
    }
}

/// So many services that do something, in words.
pub(super) fn so_many(number: usize, [one, many]: [&str; 2]) -> String {
    if number == 1 { format!("1 service that {one}") } else { format!("{number} services that {many}") }
}
