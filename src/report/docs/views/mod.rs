//! Views: an audit as the plain data that templates are filled from.
//!
//! A view holds no markup but links; words that a template may want to change are the template's.
//! One file for each document, and one for each kind of part that several documents have.

mod actions;
mod announcers;
mod audit;
mod checklist;
mod inventory;
mod page;
mod practice;
mod services;
mod summary;
mod topics;

use std::collections::BTreeMap;

use serde::Serialize;

use super::changes::{self, Changes};
use super::links::{Link, Links};
use super::operations::Advice;
use super::own_streams::OwnStream;
use super::patterns::Family;
use super::{DocumentError, Material, markdown};
use crate::audit::{
    Audit, AuditResult, Confidence, Control, Counts, Evidence, Policy, Priority, Service, Status,
};
use crate::config::{AuditEntry, Config};
use crate::report::graph::{self, Drawing, Graph};
use crate::report::words;

/// Arrows of one diagram; code hosts refuse to draw more.
const MOST_ARROWS: usize = 500;

/// File name of an audit.
pub fn audit_file(entry: &AuditEntry) -> String {
    entry.documents.file.clone().unwrap_or_else(|| format!("{}-service-audit.md", entry.name))
}

/// File name of a filled-in checklist.
pub fn checklist_file(entry: &AuditEntry) -> String {
    let named = entry.documents.checklist_file.clone();
    named.unwrap_or_else(|| format!("integration-flows_{}_workflow_checklist.md", entry.name))
}

/// What every view is made from.
pub struct Views<'a> {
    audit: &'a Audit,
    config: &'a Config,
    links: Links<'a>,
    material: Material<'a>,
    families: Vec<Family>,
    advice: Vec<Advice>,
}

/// What every document says of itself.
#[derive(Debug, Serialize)]
pub struct Head {
    /// The system that the documents are about.
    system: String,
    /// The revision of the code, where somebody said it.
    revision: Option<String>,
    date: String,
    version: String,
    policy: String,
    depth: Option<u32>,
    /// The command that writes the documents again, from the scanned folder.
    command: String,
    /// File name of the summary.
    summary: String,
    documents: Vec<DocumentLink>,
    /// What the priorities of findings mean, in a sentence.
    priorities: String,
    /// What it means how sure a finding is, in a sentence.
    confidences: String,
    /// What streams are that no service named: told before they stand in anything else.
    own_streams: Vec<OwnStream>,
}

/// One of the documents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DocumentLink {
    title: String,
    file: String,
}

/// A line of code and what it does, as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Proof {
    at: Link,
    does: String,
    /// What stands there, or what is said of it.
    note: String,
    /// Whether the note is code.
    code: bool,
    /// The service whose file it is, where that is another one than it is shown for.
    whose: Option<String>,
}

/// A flow of events.
#[derive(Debug, Serialize)]
pub struct Diagram {
    /// Its words; empty when there is nothing to draw, or more than would be drawn.
    mermaid: String,
    /// How many arrows it has, or would have.
    arrows: usize,
}

/// Completion of one control.
#[derive(Debug, Serialize)]
pub struct Figure {
    control: String,
    title: String,
    counts: Counts,
    /// How many of those in place are known to be weak.
    weak: usize,
    denominator: u32,
    /// `58 % (11 of 19)`.
    percent: String,
    /// `11 of 19 = 58 %`.
    text: String,
    /// Names behind the counts that are worth naming.
    names: Names,
    /// Statuses that any service has, each with its services.
    groups: Vec<Group>,
}

/// The services behind each count, as ` (a, b)`; empty behind a count of none.
#[derive(Debug, Serialize)]
pub struct Names {
    implemented: String,
    partial: String,
    needs_review: String,
    missing: String,
}

/// The services with one status.
#[derive(Debug, Serialize)]
pub struct Group {
    status: String,
    count: usize,
    services: Vec<String>,
}

impl<'a> Views<'a> {
    /// Views of an audit.
    pub fn new(material: &Material<'a>, families: Vec<Family>, advice: Vec<Advice>) -> Views<'a> {
        Views {
            audit: material.audit,
            config: material.config,
            links: Links::new(material.to_root),
            material: *material,
            families,
            advice,
        }
    }

    /// The head of a document about these services.
    fn head(&self, scope: &[&Service]) -> Head {
        let mut documents =
            vec![DocumentLink { title: "Summary".to_owned(), file: self.config.reports.summary.clone() }];
        for entry in &self.config.audits {
            let title = format!("{}: audit", entry.title);
            documents.push(DocumentLink { title, file: audit_file(entry) });
            if self.audit.checklists.iter().any(|checklist| checklist.name == entry.name) {
                let title = format!("{}: checklist", entry.title);
                documents.push(DocumentLink { title, file: checklist_file(entry) });
            }
        }
        let folder = if self.material.from_root.is_empty() { "." } else { self.material.from_root };
        Head {
            system: self.material.stamp.system.clone(),
            revision: self.material.stamp.revision.clone(),
            date: self.material.stamp.date.to_string(),
            version: self.audit.tool.version.clone(),
            policy: policy(self.audit.policy),
            depth: self.audit.depth,
            command: format!("flowaudit report . -o {folder}{}", self.flags()),
            summary: self.config.reports.summary.clone(),
            documents,
            priorities: sentence(Priority::ALL.iter().map(|it| (it.word(), words::priority(*it)))),
            confidences: sentence(Confidence::ALL.iter().map(|it| (it.word(), words::confidence(*it)))),
            own_streams: Views::own_streams(self.audit, scope, &self.links),
        }
    }

    /// What the command line said and the configuration does not.
    fn flags(&self) -> String {
        let depth = (self.audit.depth != self.config.depth).then_some(self.audit.depth).flatten();
        let policy = (self.audit.policy != self.config.policy).then_some(match self.audit.policy {
            Policy::LENIENT => " --policy lenient",
            _ => " --policy strict",
        });
        let depth = depth.map(|depth| format!(" --depth {depth}")).unwrap_or_default();
        format!("{depth}{}", policy.unwrap_or_default())
    }

    /// A line's link for a page that tells of these services: a line that is in the folder of none of
    /// them is named by its whole path, which a bare file name would pass off as theirs.
    fn seen_from(&self, services: &[String], at: Link) -> Link {
        let mut mine = self.audit.services.iter().filter(|service| services.contains(&service.name));
        if mine.any(|service| holds(&service.path, &at.path)) {
            return at;
        }
        Link { md: at.long.clone(), ..at }
    }

    /// The service in whose folder a file is.
    fn owner_of(&self, path: &str) -> Option<&'a Service> {
        let holding = self.audit.services.iter().filter(|service| holds(&service.path, path));
        holding.max_by_key(|service| service.path.len())
    }

    /// Evidence shown for a service: what stands in another one's folder is said to.
    fn proofs_for(&self, service: &Service, evidence: &[Evidence]) -> Vec<Proof> {
        let told = |proof: Proof| {
            let owner = self.owner_of(&proof.at.path).filter(|owner| owner.name != service.name);
            let whose = owner.map(|owner| owner.name.clone());
            Proof { at: self.seen_from(std::slice::from_ref(&service.name), proof.at), whose, ..proof }
        };
        self.proofs(evidence).into_iter().map(told).collect()
    }

    fn proof(&self, evidence: &Evidence) -> Proof {
        Proof {
            at: self.links.line(&evidence.path, evidence.line),
            does: words::role(&evidence.role).to_owned(),
            code: words::role(&evidence.role) != evidence.role && evidence.role != "registration",
            note: evidence.note.clone(),
            whose: None,
        }
    }

    fn proofs(&self, evidence: &[Evidence]) -> Vec<Proof> {
        evidence.iter().map(|it| self.proof(it)).collect()
    }

    /// The services that an audit counts, in order of name.
    fn scope(&self, entry: &AuditEntry) -> Vec<&'a Service> {
        let rows: Vec<&AuditResult> = self.rows(entry).collect();
        let counted = |name: &String| rows.iter().any(|row| row.services.contains_key(name));
        self.audit.services.iter().filter(|service| counted(&service.name)).collect()
    }

    /// The audits that stand before one in the configuration: what they say needs no saying again.
    fn audits_before(&self, entry: &AuditEntry) -> &'a [AuditEntry] {
        let at = self.config.audits.iter().position(|it| it.name == entry.name);
        &self.config.audits[..at.unwrap_or(0)]
    }

    fn rows(&self, entry: &AuditEntry) -> impl Iterator<Item = &'a AuditResult> {
        let name = entry.name.clone();
        self.audit.audits.iter().filter(move |row| row.name == name)
    }

    /// How the services of an audit publish, where it does not count that and any of them does.
    fn outbox_beside(&self, entry: &AuditEntry) -> Option<Figure> {
        if entry.controls.contains(&Control::Outbox) {
            return None;
        }
        let status =
            |service: &&Service| service.controls.get(&Control::Outbox).map(|verdict| verdict.status);
        let of = |it: &&Service| (it.name.clone(), status(it).unwrap_or(Status::NotApplicable));
        let services: BTreeMap<String, Status> = self.scope(entry).iter().map(of).collect();
        let row = AuditResult::of(&entry.name, Control::Outbox, None, services);
        let applies = row.denominator > 0;
        applies.then(|| figure(&row))
    }

    fn figures(&self, entry: &AuditEntry) -> Vec<Figure> {
        let weak = |row: &AuditResult| {
            let known = |(name, status): &(&String, &Status)| {
                let service = self.audit.services.iter().find(|service| service.name == **name);
                service.is_some_and(|it| !self.weaknesses_of(entry, it, row.control, **status).is_empty())
            };
            row.services.iter().filter(known).count()
        };
        self.rows(entry).map(|row| Figure { weak: weak(row), ..figure(row) }).collect()
    }

    /// The flow between services, as far as code hosts draw it.
    fn flow(&self, shown: &dyn Fn(&str) -> bool, looked_at: &dyn Fn(&str) -> bool) -> Diagram {
        let drawing = Drawing::of(&Graph::of(self.audit, shown, looked_at), None);
        let arrows = drawing.arrows.len();
        let mermaid = if arrows <= MOST_ARROWS { graph::mermaid(&drawing) } else { String::new() };
        Diagram { mermaid, arrows }
    }

    /// What one service takes and gives, as a diagram; empty when it does neither.
    fn flow_around(&self, service: &str, looked_at: &dyn Fn(&str) -> bool) -> String {
        let graph = Graph::around(self.audit, service, looked_at);
        if graph.topics.is_empty() {
            return String::new();
        }
        graph::mermaid(&Drawing::of(&graph, Some(service)))
    }

    fn changes(&self) -> Option<Changes> {
        self.material.since.map(|before| changes::between(before, self.audit))
    }
}

/// Whether a file is in a folder; the folder of all is empty or a dot.
fn holds(folder: &str, path: &str) -> bool {
    matches!(folder, "" | ".") || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn figure(row: &AuditResult) -> Figure {
    let names = |status: Status| {
        let with = row.services.iter().filter(|(_, other)| **other == status);
        let names: Vec<&str> = with.map(|(name, _)| name.as_str()).collect();
        if names.is_empty() { String::new() } else { markdown::text(&format!(" ({})", names.join(", "))) }
    };
    let groups = Status::ALL.iter().map(|status| {
        let with = row.services.iter().filter(|(_, other)| *other == status);
        let services: Vec<String> = with.map(|(name, _)| name.clone()).collect();
        Group { status: words::status(*status).to_owned(), count: services.len(), services }
    });
    let of = format!("{} of {}", row.counts.implemented, row.denominator);
    Figure {
        control: row.control.word().to_owned(),
        title: words::control_title(row.control).to_owned(),
        counts: row.counts,
        weak: 0,
        denominator: row.denominator,
        percent: row.percent.map_or_else(|| format!("n/a ({of})"), |percent| format!("{percent} % ({of})")),
        text: words::figure(row),
        names: Names {
            implemented: names(Status::Implemented),
            partial: names(Status::Partial),
            needs_review: names(Status::NeedsReview),
            missing: names(Status::Missing),
        },
        groups: groups.filter(|group| group.count > 0).collect(),
    }
}

fn policy(policy: Policy) -> String {
    match policy {
        Policy::STRICT => "strict (a weak control counts as partial)".to_owned(),
        Policy::LENIENT => "lenient (a weak control counts as implemented)".to_owned(),
        _ => "its own (see `policy` in flowaudit.yaml)".to_owned(),
    }
}

/// Words with what they mean: `a, first; b, second`.
fn sentence<'w>(meanings: impl Iterator<Item = (&'w str, &'w str)>) -> String {
    meanings.map(|(word, meaning)| format!("{word}, {meaning}")).collect::<Vec<_>>().join("; ")
}

/// A view as the context of a template.
fn context(view: &impl Serialize) -> Result<tera::Context, DocumentError> {
    tera::Context::from_serialize(view).map_err(|error| DocumentError {
        file: "templates".to_owned(),
        line: 0,
        column: 0,
        message: error.to_string(),
    })
}

/// The anchor of a heading that is a service's name.
fn anchor(name: &str) -> String {
    markdown::anchor(name)
}
