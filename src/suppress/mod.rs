//! Suppression: which findings somebody answers for, in the configuration or beside the code, and
//! findings about such words that silence nothing, have run out or cannot be read.
//!
//! A suppressed finding stays in the audit and is counted apart; it is never a control in place.

mod inline;

use crate::audit::{
    Audit, Confidence, Date, Evidence, Finding, Place, Priority, Severity, Suppression, SuppressionKind,
};
use crate::config::{AttestationEntry, Settings, Target, Waiver};
use crate::syntax::directive::Directive;

use inline::Ignore;

/// Rules of the findings about suppressions.
pub const RULES: [&str; 6] = [
    "expired-attestation",
    "expired-ignore",
    "expired-waiver",
    "malformed-ignore",
    "unused-ignore",
    "unused-waiver",
];

/// What suppression looks at beside the audit.
pub struct Words<'a> {
    /// Directives in comments, each with the path of its file.
    pub directives: &'a [(String, Directive)],
    /// Where the configuration is, from the audited folder; for findings about waivers.
    pub config_path: String,
    /// The service that owns a file, when one does.
    pub service_of: &'a dyn Fn(&str) -> Option<String>,
    /// Every rule that findings can be of.
    pub rules: &'a [String],
}

/// Marks the findings that are waived or ignored, and adds findings about waivers, ignores and
/// attestations.
pub fn apply(audit: &mut Audit, words: &Words<'_>, settings: &Settings) {
    let mut added: Vec<Finding> = settings
        .config
        .attestations
        .iter()
        .filter(|entry| has_passed(Some(entry.until), settings.as_of))
        .map(|entry| ended(entry, words))
        .collect();
    if settings.ignores {
        heed(audit, words, settings, &mut added);
    }
    audit.findings.extend(added);
    audit.sort();
    audit.identify();
}

/// Heeds the waivers and the ignores.
fn heed(audit: &mut Audit, words: &Words<'_>, settings: &Settings, added: &mut Vec<Finding>) {
    for waiver in &settings.config.waivers {
        waive(audit, waiver, words, settings.as_of, added);
    }
    for (path, directive) in words.directives {
        ignore(audit, (path, directive), words, settings.as_of, added);
    }
}

/// An attestation past its last day. It silences nothing, so it is told whether or not ignores are
/// heeded.
fn ended(entry: &AttestationEntry, words: &Words<'_>) -> Finding {
    let about = About {
        service: ".".to_owned(),
        place: Place { path: words.config_path.clone(), line: entry.item.line },
        role: "attestation",
        note: entry.item.name.clone(),
    };
    about.finding(
        "expired-attestation",
        format!("The word of {} for `{}` ended on {}.", entry.by, entry.item.name, entry.until),
        "Look again whether the item is met, and give it a new day, or remove the attestation.",
    )
}

/// Whether a day has passed; the day itself still counts.
fn has_passed(until: Option<Date>, as_of: Option<Date>) -> bool {
    matches!((until, as_of), (Some(until), Some(today)) if today > until)
}

fn waive(
    audit: &mut Audit,
    waiver: &Waiver,
    words: &Words<'_>,
    as_of: Option<Date>,
    added: &mut Vec<Finding>,
) {
    let expired = has_passed(waiver.until, as_of);
    let mut met = None;
    let meant = meant(audit, &waiver.target);
    for finding in audit.findings.iter_mut().filter(|f| fits(&waiver.target, &meant, f)) {
        met.get_or_insert_with(|| finding.service.clone());
        if !expired && finding.suppressed.is_none() {
            finding.suppressed = Some(Suppression {
                kind: SuppressionKind::Waiver,
                reason: waiver.reason.clone(),
                owner: Some(waiver.owner.clone()),
                until: waiver.until.map(|date| date.to_string()),
            });
        }
    }
    let what = match &waiver.target {
        Target::Finding(fingerprint) => format!("finding {fingerprint}"),
        Target::Rule { rule, service, consumer } => {
            format!("{rule} in {}", consumer.as_ref().unwrap_or(service))
        }
    };
    let service = waiver.target.service().map(str::to_owned).or_else(|| met.clone());
    let about = About {
        service: service.unwrap_or_else(|| ".".to_owned()),
        place: Place { path: words.config_path.clone(), line: waiver.line },
        role: "waiver",
        note: what.clone(),
    };
    if let (true, Some(until)) = (expired, waiver.until) {
        added.push(about.finding(
            "expired-waiver",
            format!("The waiver of {what} ended on {until}; {} answers for it.", waiver.owner),
            "Mend what it waives, or agree on a new day with its owner.",
        ));
    } else if met.is_none() {
        added.push(about.finding(
            "unused-waiver",
            format!("The waiver of {what} waives nothing."),
            "Remove it: what it waived is mended or has changed.",
        ));
    }
}

/// The ids of the consumers that a target names: by id as findings have it, or by identity as the gate
/// and its baseline do.
fn meant(audit: &Audit, target: &Target) -> Vec<String> {
    let Target::Rule { consumer: Some(name), .. } = target else { return Vec::new() };
    let named =
        audit.consumers.iter().filter(|consumer| consumer.id == *name || consumer.identity() == *name);
    named.map(|consumer| consumer.id.clone()).collect()
}

fn fits(target: &Target, meant: &[String], finding: &Finding) -> bool {
    match target {
        Target::Finding(fingerprint) => finding.fingerprint == *fingerprint,
        Target::Rule { rule, service, consumer } => {
            finding.rule == *rule
                && finding.service == *service
                && (consumer.is_none() || finding.consumer.as_ref().is_some_and(|id| meant.contains(id)))
        }
    }
}

fn ignore(
    audit: &mut Audit,
    (path, directive): (&str, &Directive),
    words: &Words<'_>,
    as_of: Option<Date>,
    added: &mut Vec<Finding>,
) {
    let about = About {
        service: (words.service_of)(path).unwrap_or_else(|| ".".to_owned()),
        place: Place { path: path.to_owned(), line: directive.line },
        role: "ignore",
        note: directive.text.clone(),
    };
    let found = &audit.findings;
    let known = |rule: &str| words.rules.iter().any(|r| r == rule) || found.iter().any(|f| f.rule == rule);
    let ignore = match Ignore::read(&directive.text, words.rules, &known) {
        Ok(ignore) => ignore,
        Err(why) => {
            added.push(about.finding(
                "malformed-ignore",
                format!("This ignore cannot be read and silences nothing ({why})."),
                "Write `flowaudit:ignore[RULE, RULE] until=YYYY-MM-DD -- reason`; `until=` may be left out.",
            ));
            return;
        }
    };
    if has_passed(ignore.until, as_of) {
        let until = ignore.until.map(|date| date.to_string()).unwrap_or_default();
        added.push(about.finding(
            "expired-ignore",
            format!("The ignore of {} ended on {until}.", ignore.rules.join(", ")),
            "Mend what it silences, or give it a new day and a reason that still holds.",
        ));
        return;
    }
    for rule in &ignore.rules {
        let mut used = false;
        for finding in audit
            .findings
            .iter_mut()
            .filter(|f| f.rule == *rule && f.location.path == path && f.location.line == directive.about)
        {
            used = true;
            finding.suppressed.get_or_insert_with(|| Suppression {
                kind: SuppressionKind::Inline,
                reason: ignore.reason.clone(),
                owner: None,
                until: ignore.until.map(|date| date.to_string()),
            });
        }
        if !used {
            added.push(about.finding(
                "unused-ignore",
                format!(
                    "The ignore of {rule} silences nothing: line {} has no such finding.",
                    directive.about
                ),
                "Remove the rule from it, or put it on the line of the finding or the line above.",
            ));
        }
    }
}

/// What a finding about a suppression is about.
struct About {
    service: String,
    place: Place,
    role: &'static str,
    note: String,
}

impl About {
    fn finding(&self, rule: &str, message: String, help: &str) -> Finding {
        Finding {
            id: String::new(),
            rule: rule.to_owned(),
            severity: if rule.starts_with("unused") { Severity::Note } else { Severity::Warning },
            priority: if rule.starts_with("unused") { Priority::P4 } else { Priority::P2 },
            confidence: Confidence::High,
            service: self.service.clone(),
            consumer: None,
            subject: None,
            also: Vec::new(),
            message,
            help: help.to_owned(),
            location: self.place.clone(),
            evidence: vec![Evidence {
                path: self.place.path.clone(),
                line: self.place.line,
                role: self.role.to_owned(),
                note: self.note.clone(),
            }],
            fingerprint: String::new(),
            suppressed: None,
        }
    }
}

#[cfg(test)]
mod tests;
