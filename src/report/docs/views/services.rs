//! Services with their claims, and the consumers behind them.

use serde::Serialize;

use super::actions::Weakness;
use super::{DocumentLink, Proof, Views, anchor, audit_file};
use crate::audit::{Consumer, Control, Evidence, Finding, STEPS, Service, Status, TopicName};
use crate::config::AuditEntry;
use crate::report::docs::links::Link;
use crate::report::words;

/// A service, as one audit sees it.
#[derive(Debug, Serialize)]
pub struct ServiceView {
    pub number: usize,
    pub name: String,
    anchor: String,
    path: String,
    href: String,
    owner: Option<String>,
    role: Option<String>,
    languages: Vec<String>,
    subscription: String,
    publishes: Vec<TopicLink>,
    consumes: Vec<TopicLink>,
    claims: Vec<Claim>,
    /// How it publishes, where the audit does not count that.
    pub outbox: Option<Claim>,
    consumers: Vec<ConsumerView>,
    /// Findings that are listed for another service and are about this one too.
    shared: Vec<Shared>,
    diagram: String,
}

/// A finding about this service and another.
#[derive(Debug, Serialize)]
struct Shared {
    rule: String,
    priority: String,
    service: String,
    message: String,
    at: Link,
}

/// A topic and where a service sends to it or listens to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TopicLink {
    pub name: String,
    resolved: bool,
    pub at: Link,
}

/// What is claimed of one control.
#[derive(Debug, PartialEq, Serialize)]
pub struct Claim {
    control: String,
    /// The contract's word for the status, which no translation changes.
    word: String,
    title: String,
    status: String,
    applies: bool,
    /// How sure it is, of a consumer.
    confidence: Option<String>,
    patterns: Vec<String>,
    why: String,
    proofs: Vec<Proof>,
    /// What is weak about it though it is in place.
    weaknesses: Vec<Weakness>,
    /// The rules of these, each once.
    weak: Vec<WeakRule>,
    /// The audit before this one that says the same, with the evidence.
    told_in: Option<DocumentLink>,
}

/// A rule with the first line where it finds a control weak.
#[derive(Debug, PartialEq, Serialize)]
struct WeakRule {
    rule: String,
    /// Its priority and name, by which the page knows where its findings are.
    key: String,
    at: Link,
}

/// A consumer with its claims.
#[derive(Debug, Serialize)]
pub struct ConsumerView {
    id: String,
    topic: TopicLink,
    event_types: Vec<String>,
    handler: String,
    handler_at: Link,
    /// Functions that the verdicts followed, in order.
    path: Vec<Step>,
    /// More were followed.
    path_goes_on: bool,
    claims: Vec<Claim>,
}

/// A function that a message passes.
#[derive(Debug, Serialize)]
pub struct Step {
    name: String,
    at: Link,
}

impl TopicLink {
    /// A topic by the name that code gives it.
    pub(super) fn to(topic: &TopicName, at: Link) -> TopicLink {
        TopicLink { name: topic.name.clone(), resolved: topic.resolved, at }
    }

    /// A topic whose name is known in part at most.
    pub(super) fn unresolved(name: &str, at: Link) -> TopicLink {
        TopicLink { name: name.to_owned(), resolved: false, at }
    }
}

impl Views<'_> {
    pub(super) fn services(&self, entry: &AuditEntry) -> Vec<ServiceView> {
        self.services_of(entry, &self.scope(entry))
    }

    /// These services, numbered in their order.
    pub(super) fn services_of(&self, entry: &AuditEntry, scope: &[&Service]) -> Vec<ServiceView> {
        scope.iter().enumerate().map(|(index, service)| self.service(entry, service, index + 1)).collect()
    }

    fn service(&self, entry: &AuditEntry, service: &Service, number: usize) -> ServiceView {
        let mine: Vec<&Consumer> = self
            .audit
            .consumers
            .iter()
            .filter(|c| c.service == service.name && entry.topics.admits(&c.topic.name))
            .collect();
        let mut publishes: Vec<TopicLink> = self
            .audit
            .publishers
            .iter()
            .filter(|p| p.service == service.name && entry.topics.admits(&p.topic.name))
            .map(|p| TopicLink::to(&p.topic, self.links.place(&p.at)))
            .collect();
        publishes.sort();
        let mut consumes: Vec<TopicLink> = mine.iter().map(|c| self.topic_of(c)).collect();
        consumes.sort();
        ServiceView {
            number,
            name: service.name.clone(),
            anchor: anchor(&service.name),
            path: service.path.clone(),
            href: self.links.file(&service.path),
            owner: service.owner.clone(),
            role: service.role.map(|role| role.word().to_owned()),
            languages: service.languages.clone(),
            subscription: service.subscription_type.word().to_owned(),
            publishes,
            consumes,
            claims: entry.controls.iter().map(|it| self.claim_once(entry, service, *it)).collect(),
            outbox: (!entry.controls.contains(&Control::Outbox))
                .then(|| self.claim_once(entry, service, Control::Outbox))
                .filter(|claim| claim.applies),
            consumers: mine.iter().map(|c| self.consumer(entry, c)).collect(),
            shared: self.shared(service, &mine),
            diagram: self.diagram(entry, service),
        }
    }

    /// The audits before this one that count a service too.
    fn before(&self, entry: &AuditEntry, service: &Service) -> impl Iterator<Item = &AuditEntry> {
        let counts = |it: &&AuditEntry| self.scope(it).iter().any(|other| other.name == service.name);
        self.audits_before(entry).iter().filter(counts)
    }

    /// What an audit claims of a service, with the audit before it that claims the same.
    fn claim_once(&self, entry: &AuditEntry, service: &Service, control: Control) -> Claim {
        let claim = self.claim(entry, service, control);
        let shows = |it: &&AuditEntry| control == Control::Outbox || it.controls.contains(&control);
        let same = |it: &&AuditEntry| shows(it) && self.claim(it, service, control) == claim;
        let told_in = self.before(entry, service).find(same).map(|it| DocumentLink {
            title: it.title.clone(),
            file: format!("{}#{}", audit_file(it), anchor(&service.name)),
        });
        Claim { told_in, ..claim }
    }

    /// What a service takes and gives, drawn where no audit before this one draws the same.
    fn diagram(&self, entry: &AuditEntry, service: &Service) -> String {
        let draw = |it: &AuditEntry| self.flow_around(&service.name, &|topic| it.topics.admits(topic));
        let own = draw(entry);
        if self.before(entry, service).any(|it| draw(it) == own) { String::new() } else { own }
    }

    /// Findings that name this service and another, and rest on where its consumers are registered.
    fn shared(&self, service: &Service, mine: &[&Consumer]) -> Vec<Shared> {
        let names = |f: &&Finding| {
            let words: Vec<&str> = f.message.split(|c: char| c.is_whitespace() || c == ',').collect();
            let another = |s: &Service| s.name != service.name && words.contains(&s.name.as_str());
            f.suppressed.is_none()
                && words.contains(&service.name.as_str())
                && self.audit.services.iter().any(another)
        };
        let found = self.audit.findings.iter().filter(names).filter_map(|f| {
            let here = |e: &&Evidence| {
                mine.iter().any(|c| (&c.registration.path, c.registration.line) == (&e.path, e.line))
            };
            let at = f.evidence.iter().find(here)?;
            Some(Shared {
                rule: f.rule.clone(),
                priority: f.priority.word().to_owned(),
                service: f.service.clone(),
                message: f.message.clone(),
                at: self.links.line(&at.path, at.line),
            })
        });
        found.collect()
    }

    fn topic_of(&self, consumer: &Consumer) -> TopicLink {
        TopicLink::to(&consumer.topic, self.links.place(&consumer.registration))
    }

    /// The claim that an audit counts: of the consumers whose topics it looks at.
    fn claim(&self, entry: &AuditEntry, service: &Service, control: Control) -> Claim {
        let row = self.rows(entry).find(|row| row.control == control);
        let status = row.and_then(|row| row.services.get(&service.name)).copied();
        let whole = service.controls.get(&control);
        let status = status.or_else(|| Some(whole?.status)).unwrap_or(Status::NotApplicable);
        let mine = || self.audit.consumers.iter().filter(|c| c.service == service.name);
        let (patterns, why, evidence) = match whole {
            Some(verdict) if mine().all(|c| entry.topics.admits(&c.topic.name)) || of_service(control) => {
                (verdict.patterns.clone(), verdict.why.clone(), verdict.evidence.clone())
            }
            _ => {
                let looked_at = mine().filter(|c| entry.topics.admits(&c.topic.name));
                let verdicts: Vec<_> = looked_at.filter_map(|c| c.controls.get(&control)).collect();
                let mut patterns: Vec<String> = verdicts.iter().filter_map(|v| v.pattern.clone()).collect();
                let mut evidence: Vec<Evidence> = verdicts.iter().flat_map(|v| v.evidence.clone()).collect();
                patterns.sort();
                patterns.dedup();
                evidence.sort();
                evidence.dedup();
                let worst = verdicts.iter().find(|v| v.status == status).or(verdicts.first());
                (patterns, worst.map(|v| v.why.clone()).unwrap_or_default(), evidence)
            }
        };
        let weaknesses = self.weaknesses_of(entry, service, control, status);
        Claim {
            control: control.word().to_owned(),
            title: words::control_title(control).to_owned(),
            word: status.word().to_owned(),
            status: words::status(status).to_owned(),
            applies: status != Status::NotApplicable,
            confidence: None,
            patterns: patterns.into_iter().filter(|pattern| pattern != "none").collect(),
            why,
            proofs: self.proofs_for(service, &evidence),
            weak: weak_rules(&weaknesses),
            weaknesses,
            told_in: None,
        }
    }

    /// What is weak about a control that is in place, in one audit's view of a service: of the
    /// consumers whose topics it looks at.
    pub(super) fn weaknesses_of(
        &self,
        entry: &AuditEntry,
        service: &Service,
        control: Control,
        status: Status,
    ) -> Vec<Weakness> {
        let mine = |finding: &Finding| finding.service == service.name && entry.looks_at(self.audit, finding);
        if status == Status::Implemented { self.weaknesses(control, &mine) } else { Vec::new() }
    }

    fn consumer(&self, entry: &AuditEntry, consumer: &Consumer) -> ConsumerView {
        let claims = entry.controls.iter().filter(|control| !of_service(**control)).map(|&control| {
            let verdict = consumer.controls.get(&control);
            let status = verdict.map_or(Status::NotApplicable, |v| v.status);
            let mine = |finding: &Finding| finding.consumer.as_ref() == Some(&consumer.id);
            let in_place = status == Status::Implemented;
            let weaknesses = if in_place { self.weaknesses(control, &mine) } else { Vec::new() };
            Claim {
                control: control.word().to_owned(),
                title: words::control_title(control).to_owned(),
                word: status.word().to_owned(),
                status: words::status(status).to_owned(),
                applies: status != Status::NotApplicable,
                confidence: verdict.map(|v| v.confidence.word().to_owned()),
                patterns: verdict
                    .and_then(|v| v.pattern.clone())
                    .into_iter()
                    .filter(|p| p != "none")
                    .collect(),
                why: verdict.map(|v| v.why.clone()).unwrap_or_default(),
                proofs: verdict.map(|v| self.proofs(&v.evidence)).unwrap_or_default(),
                weak: weak_rules(&weaknesses),
                weaknesses,
                told_in: None,
            }
        });
        ConsumerView {
            id: consumer.id.clone(),
            topic: self.topic_of(consumer),
            event_types: consumer.event_types.clone(),
            handler: consumer.handler.name.clone(),
            handler_at: self.links.line(&consumer.handler.path, consumer.handler.line),
            path_goes_on: consumer.path.len() == STEPS,
            path: consumer
                .path
                .iter()
                .map(|step| Step { name: step.name.clone(), at: self.links.line(&step.path, step.line) })
                .collect(),
            claims: claims.collect(),
        }
    }
}

/// The rules by which a control is weak, each once.
fn weak_rules(weaknesses: &[Weakness]) -> Vec<WeakRule> {
    let mut out: Vec<WeakRule> = Vec::new();
    for it in weaknesses {
        if out.iter().all(|known| known.rule != it.rule) {
            let key = format!("{} {}", it.priority, it.rule);
            out.push(WeakRule { rule: it.rule.clone(), key, at: it.at.clone() });
        }
    }
    out
}

/// Controls that are of a service and not of its consumers.
fn of_service(control: Control) -> bool {
    matches!(control, Control::CacheInvalidation | Control::Outbox | Control::Topics)
}
