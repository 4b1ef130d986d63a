//! Schema validation: is an invalid payload refused before it has effects?

use super::payload;
use super::received::{Received, received};
use super::scan::{Looks, Refusal, Scan, Seen};
use super::table::Signals;
use super::verdict::{Subject, evidence};
use crate::audit::{Evidence, Leniency};
use crate::flow::Flow;
use crate::flow::matches::Match;
use crate::flow::path::{About, CutReason, ErrorUse, Trace};
use crate::flow::program::{Fn, Site, Target, Ty};
use crate::flow::types::{Type, import_matches};
use crate::rules::{Role, Rule};
use rustc_hash::FxHashSet;

/// So many fields are several: one that is checked says little of the others.
const SEVERAL: usize = 3;
/// Roles that show what is done with a payload, other than effects.
const DONE: [Role; 7] = [
    Role::Read,
    Role::CacheGet,
    Role::CacheSet,
    Role::CacheInvalidate,
    Role::EffectHttp,
    Role::ObserverTrigger,
    Role::MediatorSend,
];

/// What the scan says about payloads.
pub fn signals(subject: &Subject<'_, '_>, traces: &[(Fn, Trace)]) -> Signals {
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
    let by_name = |detector: &str| subject.flow.index.named(detector).is_some_and(|d| d.imports.is_empty());
    let own = |s: &Seen| s.kind.as_deref() == Some("business-rule") && by_name(&s.detector);
    if signals.contains("validated") && scan.of(Role::Validate).all(own) {
        signals.insert("validated-by-name");
    }
    if signals.contains("validated") && scan.of(Role::Validate).all(|s| s.effects_above > 0) {
        signals.insert("validated-beside");
    }
    let validates = scan.of(Role::Validate).next().is_some();
    if piped(subject).is_some() {
        signals.insert("validated");
    } else if validates && scan.of(Role::Validate).all(|s| s.about == About::Perhaps) {
        signals.insert("validated-perhaps");
    }
    if signals.contains("validated-logged") {
        signals.remove("validated");
    }
    let inside = scan.refusals.iter().any(|r| r.looks == Looks::Payload);
    // A function of the tree that looks at no more than the carrier checks no payload.
    let refuses_in = |seen: &Seen| {
        let program = subject.flow.types.program;
        scan.refusals.iter().any(|r| seen.into.is_some() && program.owner(r.asked) == seen.into)
    };
    if signals.contains("validated-by-name") && !inside && scan.of(Role::Validate).all(refuses_in) {
        signals.remove("validated");
    }
    // One field looked at, and the message dropped without it, says little of the others.
    match scan.refusals.as_slice() {
        [] => false,
        _ if !inside => signals.insert("refuses-by-carrier"),
        [only] if !only.fails && only.fields < 2 => signals.insert("drops-for-one"),
        refusals => {
            if scan.refuses_some_kinds() {
                signals.insert("some-kinds");
            }
            if one_field(subject.flow, traces, subject.functions, refusals) {
                signals.insert("one-field");
            }
            signals.insert("refuses")
        }
    };
    for step in decodes(scan) {
        signals.insert(match step.kind.as_deref() {
            Some("idl") => "idl",
            _ => "decoded",
        });
    }
    // What the library has decoded is the payload, whatever else the handler decodes.
    match received(subject) {
        Some((Received::Nothing, _)) => signals.insert("no-fields"),
        Some((Received::Idl, _)) => {
            signals.remove("decoded");
            signals.insert("idl")
        }
        Some((Received::Typed, _)) => signals.insert("decoded"),
        None if decodes(scan).all(|step| step.about == About::Perhaps) => signals.insert("decoded-perhaps"),
        None => false,
    };
    if subject.policy.schema.log_only == Leniency::Partial {
        signals.insert("log-only-counts");
    }
    if subject.policy.schema.idl == Leniency::Partial {
        signals.insert("idl-counts");
    }
    if scan.cut_by_depth().is_some() {
        signals.insert("cut-by-depth");
    }
    if scan.effects.is_empty() && !scan.roles.any(&DONE) {
        signals.insert("nothing-done");
    }
    if scan.asked {
        signals.insert("asked");
    }
    if scan.cuts.iter().any(|c| c.why == CutReason::Unresolved) {
        signals.insert("unresolved");
    }
    signals
}

/// Whether all that is refused is refused for one field, of several that are used of what is decoded.
fn one_field(flow: &Flow<'_>, traces: &[(Fn, Trace)], functions: &[Fn], refusals: &[Refusal]) -> bool {
    let decoded = payload::decodes(flow, traces);
    let inside = refusals.iter().filter(|r| r.looks == Looks::Payload);
    let of: Vec<Vec<&(Ty, String)>> =
        inside.map(|r| r.of.iter().filter(|(ty, _)| decoded.contains(ty)).collect()).collect();
    let all: FxHashSet<&(Ty, String)> = of.iter().flatten().copied().collect();
    let [(ty, _)] = all.into_iter().collect::<Vec<_>>()[..] else { return false };
    !of.iter().any(Vec::is_empty)
        && payload::reads(flow, *ty, &functions.iter().copied().collect()).len() >= SEVERAL
}

/// What decodes the message, where that was seen; otherwise what decodes something that may be it.
fn decodes(scan: &Scan) -> impl Iterator<Item = &Seen> {
    let sure = scan.of(Role::Decode).any(|step| step.about == About::Message);
    scan.of(Role::Decode).filter(move |step| !sure || step.about == About::Message)
}

/// The decoding that the verdict rests on: of what the message is decoded into one after the other, the
/// payload comes last, out of what carries it.
fn decode(scan: &Scan) -> Option<&Seen> {
    let by_definition = |step: &&Seen| step.kind.as_deref() == Some("idl");
    let defined = decodes(scan).any(|step| by_definition(&step));
    let mut steps = decodes(scan).filter(|step| !defined || by_definition(step));
    let first = steps.next()?;
    // What is decoded behind an effect is what is sent of it.
    let inner = steps.take_while(|step| step.about == About::Message && step.after_effects == 0).last();
    Some(inner.filter(|_| first.about == About::Message).unwrap_or(first))
}

/// The pipe that checks what the framework hands to its handlers, where it checks this one's: it is
/// set for the application that listens, and the handler's parameter is of a class with rules.
fn piped(subject: &Subject<'_, '_>) -> Option<Site> {
    let (flow, consumer) = (subject.flow, subject.consumer);
    let listens = |rule: &Rule| rule.role == Role::Transport;
    if !flow.index.detector(consumer.rule?).rules.iter().any(listens) {
        return None;
    }
    let here = |m: &&Match, kind: &str| {
        flow.index.rule(m.rule).registration_kind.as_deref() == Some(kind)
            && flow.attribution.services(m.site.file, m.func).contains(&consumer.service)
    };
    if flow.matches.iter().any(|m| here(&m, "hybrid")) {
        return None;
    }
    let pipe = flow.matches.iter().find(|m| here(m, "pipe"))?;
    let gates = &flow.index.detector(pipe.rule).imports;
    let func = consumer.handlers.first()?.func;
    let program = flow.types.program;
    let params = program.facts(func.file).params(&program.func(func).params);
    let ruled = params.iter().any(|param| {
        let Type::Named(ty, _) = flow.types.named_by(Site { file: func.file, expr: param.ty }) else {
            return false;
        };
        let facts = program.facts(ty.file);
        let decl = &facts.types[ty.ty.0 as usize];
        let fields = facts.fields(&decl.fields);
        let known = |target: &Target| match target {
            Target::External(path) => gates.iter().any(|gate| import_matches(gate, program.external(*path))),
            Target::Package(_) => false,
        };
        fields.iter().any(|field| !field.tag.is_empty()) && program.file(ty.file).imports.values().any(known)
    });
    ruled.then_some(pipe.site)
}

/// How payloads are validated, for rows whose pattern is `@`.
pub fn pattern(subject: &Subject<'_, '_>) -> Option<String> {
    let scan = subject.scan?;
    if piped(subject).is_some() {
        return Some("validator".to_owned());
    }
    let kinds: Vec<&str> = scan.of(Role::Validate).filter_map(|s| s.kind.as_deref()).collect();
    let order = ["json-schema", "idl-registry", "validator", "registry", "business-rule"];
    order.iter().find(|k| kinds.contains(k)).map(|k| (*k).to_owned()).or(Some("registry".to_owned()))
}

/// The places the verdict rests on.
pub fn proof(subject: &Subject<'_, '_>) -> Vec<Evidence> {
    let Some(scan) = subject.scan else { return Vec::new() };
    let mut out: Vec<Evidence> =
        scan.of(Role::Validate).take(3).map(|s| evidence(subject.flow, s.site, "validate")).collect();
    out.extend(piped(subject).map(|site| evidence(subject.flow, site, "validate")));
    out.extend(scan.refusals.iter().take(2).map(|r| evidence(subject.flow, r.asked, "refusal")));
    match received(subject) {
        Some((_, site)) => out.push(evidence(subject.flow, site, "decode")),
        None => out.extend(decode(scan).map(|s| evidence(subject.flow, s.site, "decode"))),
    }
    if let Some(cut) = scan.handed_on()
        && out.is_empty()
    {
        out.push(evidence(subject.flow, cut.site, "cut"));
    }
    out
}
