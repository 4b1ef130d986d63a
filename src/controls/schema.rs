//! Schema validation: is an invalid payload refused before it has effects?

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
    // What is checked behind an effect comes too late to refuse the message.
    for step in scan.of(Role::Validate).filter(|s| s.after_effects == 0 && !s.nested) {
        match step.error {
            ErrorUse::Logged | ErrorUse::Dropped => signals.insert("validated-logged"),
            _ => signals.insert("validated"),
        };
    }
    if signals.contains("validated-logged") {
        signals.remove("validated");
    }
    // One field looked at, and the message dropped without it, says little of the others.
    match scan.refusals.as_slice() {
        [] => false,
        [only] if !only.fails => signals.insert("drops-for-one"),
        _ => signals.insert("refuses"),
    };
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
    out.extend(scan.refusals.iter().take(2).map(|r| evidence(subject.flow, r.asked, "refusal")));
    out.extend(scan.of(Role::Decode).take(1).map(|s| evidence(subject.flow, s.site, "decode")));
    out
}
