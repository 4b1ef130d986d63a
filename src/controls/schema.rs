//! Schema validation: is an invalid payload refused before it has effects?

use super::scan::Seen;
use super::table::Signals;
use super::verdict::{Subject, evidence};
use crate::audit::{Evidence, Leniency};
use crate::flow::path::ErrorUse;
use crate::rules::Role;

/// What the scan says about payloads.
pub fn signals(subject: &Subject<'_, '_>) -> Signals {
    let mut signals = Signals::new();
    let Some(scan) = subject.scan else {
        signals.insert("no-handler");
        return signals;
    };
    for step in scan.of(Role::Validate).filter(|s| !is_configuration(subject, s)) {
        match step.error {
            ErrorUse::Logged | ErrorUse::Dropped => signals.insert("validated-logged"),
            _ => signals.insert("validated"),
        };
    }
    // The outermost validation decides whether a failure counts: what it calls inside returns to it.
    if signals.contains("validated-logged") {
        signals.remove("validated");
    }
    if scan.refusals.iter().any(|&site| near_handler(subject, site)) {
        signals.insert("refuses");
    }
    for step in scan.of(Role::Decode) {
        signals.insert(match step.kind.as_deref() {
            Some("idl") => "idl",
            _ => "decoded",
        });
    }
    if subject.policy.schema.log_only == Leniency::Partial {
        signals.insert("log-only-counts");
    }
    if subject.policy.schema.idl == Leniency::Partial {
        signals.insert("idl-counts");
    }
    if scan.cut_by_depth().is_some() {
        signals.insert("cut-by-depth");
    }
    signals
}

/// `cfg.Validate()` checks settings, not a message.
fn is_configuration(subject: &Subject<'_, '_>, step: &Seen) -> bool {
    let text = subject.flow.types.program.render(step.site).to_ascii_lowercase();
    ["config", "cfg.", "conf.", "opts.", "options", "token"].iter().any(|w| text.contains(w))
}

/// Refusals deep in the business layer are rules of the domain; those in the handler's own package
/// check the message.
fn near_handler(subject: &Subject<'_, '_>, site: crate::flow::program::Site) -> bool {
    let program = subject.flow.types.program;
    subject
        .consumer
        .handlers
        .first()
        .is_some_and(|h| program.file(h.func.file).package == program.file(site.file).package)
}

/// How payloads are validated, for rows whose pattern is `@`.
pub fn pattern(subject: &Subject<'_, '_>) -> Option<String> {
    let scan = subject.scan?;
    let kinds: Vec<&str> = scan.of(Role::Validate).filter_map(|s| s.kind.as_deref()).collect();
    let order = ["json-schema", "idl-registry", "validator", "registry", "business-rule"];
    order.iter().find(|k| kinds.contains(k)).map(|k| (*k).to_owned()).or(Some("registry".to_owned()))
}

/// The places the verdict rests on.
pub fn proof(subject: &Subject<'_, '_>) -> Vec<Evidence> {
    let Some(scan) = subject.scan else { return Vec::new() };
    let mut out: Vec<Evidence> =
        scan.of(Role::Validate).take(3).map(|s| evidence(subject.flow, s.site, "validate")).collect();
    out.extend(scan.refusals.iter().take(2).map(|&site| evidence(subject.flow, site, "refusal")));
    out.extend(scan.of(Role::Decode).take(1).map(|s| evidence(subject.flow, s.site, "decode")));
    out
}
