//! Idempotency: is redelivering this message harmless?

use super::finding::{Draft, place};
use super::fresh_keys;
use super::scan::{Effect, Guard, GuardKind, HARMFUL, Scan, Seen, WORK};
use super::table::{self, Signals};
use super::verdict::{Subject, evidence};
use crate::audit::{Control, Evidence, Leniency, Status, Verdict};
use crate::flow::Flow;
use crate::flow::eval::Eval;
use crate::flow::path::{Cut, CutReason, ErrorUse};
use crate::flow::program::Site;
use crate::flow::statement;
use crate::rules::{Matcher, Role, Rule};
use std::collections::BTreeSet;

/// What the scan says about redelivery.
pub fn signals(subject: &Subject<'_, '_>) -> Signals {
    let mut signals = Signals::new();
    let Some(scan) = subject.scan else {
        signals.insert("no-handler");
        return signals;
    };
    let harmful: Vec<_> = scan.effects.iter().filter(|e| HARMFUL.contains(&e.role)).collect();
    let guarded = |kind: GuardKind| harmful.iter().filter(|e| scan.behind(e, kind)).count();
    let by_dedupe = guarded(GuardKind::Dedupe);
    let by_state = guarded(GuardKind::State);
    let by_key = guarded(GuardKind::Key);
    let all = harmful.iter().all(|e| e.guard.is_some());
    if !all {
        signals.insert("unguarded-effects");
    }
    if harmful.iter().any(|e| e.guard.is_none() && corrupts(e.role)) {
        signals.insert("corrupts");
    }
    if unguarded(scan).all(|e| e.by_saving) && !all {
        signals.insert("adds-by-saving");
    }
    if unguarded(scan).any(|e| table_unknown(subject, e)) {
        signals.insert("table-unknown");
    }
    if unguarded(scan).all(|e| known_by_name(subject.flow, e)) && !all {
        signals.insert("known-by-name");
    }
    if unguarded(scan).all(|e| e.after_look) && !all {
        signals.insert("looks-first");
    }
    if unguarded(scan).all(|e| e.on_failure) && !all {
        signals.insert("only-on-failure");
    }
    // With no harmful effect, a check that ends the handler still says what is meant.
    let dedupe_guard = scan.guards.iter().any(|g| g.kind == GuardKind::Dedupe);
    if by_dedupe > 0 || harmful.is_empty() && dedupe_guard {
        signals.insert(if all { "dedupe-guards-all" } else { "dedupe-guards-some" });
    } else if by_key > 0 {
        signals.insert(if all { "keys-guard-all" } else { "keys-guard-some" });
    } else if by_state > 0 || harmful.is_empty() && scan.effects.iter().any(|e| e.guard.is_some()) {
        signals.insert(if all { "state-guards-all" } else { "state-guards-some" });
    }
    let mut states = scan.guards.iter().filter(|g| g.kind == GuardKind::State).peekable();
    if states.peek().is_some() && states.all(Guard::fails) {
        signals.insert("repeat-fails");
    }
    if scan.must_be_there.is_some() {
        signals.insert("gone-fails");
    }
    if scan.guards.iter().any(|g| g.kind == GuardKind::Filter) {
        signals.insert("filters");
    }
    if scan.depends || scan.guards.iter().any(|g| g.kind == GuardKind::State) {
        signals.insert("depends-on-state");
    }
    if scan.decided {
        signals.insert("decided-besides");
    }
    if scan.several_ways {
        signals.insert("several-ways");
    }
    if scan.own_record {
        signals.insert("in-memory-dedupe");
    }
    if scan.guards.iter().any(|g| g.kind == GuardKind::State && g.unheard) {
        signals.insert("state-error-ignored");
    }
    dedupe(subject, scan, &mut signals);
    // Where the record of messages is weak, what the entity's state guards is guarded all the same.
    let weak = |weakness, counts| signals.contains(weakness) && signals.contains(counts);
    let weak = signals.contains("never-marked")
        || weak("bypass", "bypass-counts")
        || weak("error-ignored", "error-counts");
    if weak && by_state > 0 && by_state == harmful.len() && signals.remove("dedupe-guards-all") {
        signals.insert("state-guards-all");
    }
    if !harmful.is_empty()
        && harmful.iter().all(|e| scan.made_if_absent(e))
        && signals.remove("state-guards-all")
    {
        signals.insert("sets-instead");
    }
    if harmful.is_empty() {
        if !scan.effects.is_empty() && scan.effects.iter().all(|e| e.derived) {
            signals.insert("derived");
        }
        if scan.effects.iter().any(|e| e.role == Role::EffectUpsert) {
            signals.insert("upserts");
        } else if !scan.effects.is_empty() {
            signals.insert("settles");
        }
        if scan.of(Role::EffectHttp).next().is_some() {
            signals.insert("remote-calls");
        }
    }
    sight(scan, &mut signals);
    signals
}

/// How much of what becomes of the message was seen.
fn sight(scan: &Scan, signals: &mut Signals) {
    let unresolved = |cut: &Cut| cut.why != CutReason::Depth;
    let seen = [
        ("idle", !scan.roles.any(&WORK) && !scan.looked_at),
        ("let-go", scan.let_go),
        ("in-sight", scan.in_sight),
        ("cut-by-depth", scan.cut_by_depth().is_some()),
        ("unresolved", scan.cuts.iter().any(unresolved)),
        ("handed-past", scan.handed_past),
    ];
    signals.extend(seen.into_iter().filter_map(|(signal, holds)| holds.then_some(signal)));
}

/// Kinds of effects that corrupt money, stock or metrics when repeated.
fn corrupts(role: Role) -> bool {
    matches!(role, Role::EffectIncrement | Role::EffectCharge)
}

fn dedupe(subject: &Subject<'_, '_>, scan: &Scan, signals: &mut Signals) {
    let policy = subject.policy.idempotency;
    let ignored = |s: &Seen| matches!(s.error, ErrorUse::Dropped | ErrorUse::Logged);
    let marks: Vec<&Seen> = scan.of(Role::DedupeMark).chain(scan.of(Role::DedupeClaim)).collect();
    let checks: Vec<&Seen> = scan.of(Role::DedupeCheck).collect();
    let in_process =
        table::of(Control::Idempotency).map_or(&[][..], |table| table.names("remembers-in-process"));
    for middleware in scan.of(Role::DedupeMiddleware) {
        let memory = in_process.contains(&middleware.detector);
        signals.insert(if memory { "in-memory-dedupe" } else { "middleware" });
    }
    if by_registration(subject).is_some() {
        signals.insert("middleware");
    }
    if !checks.is_empty() || !marks.is_empty() {
        signals.insert("check-seen");
    }
    let guard = scan.guards.iter().any(|g| g.kind == GuardKind::Dedupe);
    // What is called a check may record the message as well.
    let within = |s: &&Seen| s.below.any(&[Role::DedupeMark, Role::DedupeClaim]);
    // The program's own record is one because the key is put there.
    let unmarked = marks.is_empty() && !scan.own_record;
    if unmarked && (guard || !checks.is_empty()) && !checks.iter().any(within) {
        signals.insert("never-marked");
    }
    let asks = [Role::DedupeCheck, Role::DedupeClaim, Role::DedupeMiddleware];
    let asked = asks.iter().any(|&role| scan.of(role).next().is_some()) || guard;
    if !marks.is_empty() && !asked {
        signals.insert("never-checked");
        // A unique key makes a second mark fail: that ends the handler, or takes its effects back.
        let ends = |m: &&Seen| m.error == ErrorUse::Returned || m.error == ErrorUse::Other;
        let first = |m: &&Seen| m.effects_above == 0 || scan.roles.has(Role::TxBegin);
        if marks.iter().any(|m| ends(m) && first(m)) {
            signals.insert("mark-may-refuse");
        }
    }
    if scan.guards.iter().any(|g| g.kind == GuardKind::Dedupe && g.bypassed) {
        signals.insert("bypass");
    }
    let unheard = |g: &Guard| g.kind == GuardKind::Dedupe && g.unheard;
    if checks.iter().chain(&marks).any(|s| ignored(s)) || scan.guards.iter().any(unheard) {
        signals.insert("error-ignored");
    }
    if policy.fail_open == Leniency::Partial {
        signals.insert("bypass-counts");
    }
    if policy.ignored_error == Leniency::Partial {
        signals.insert("error-counts");
    }
    if let (Some(check), Some(mark)) = (checks.first(), marks.first())
        && check.site != mark.site
        && check.redis
    {
        signals.insert("check-then-act");
    }
    // In one transaction the order does not matter.
    let first = |m: &&Seen| m.role == Role::DedupeMark && m.effects_above == 0;
    let together = |m: &&Seen| !m.redis && scan.roles.has(Role::TxBegin);
    // An effect that could be repeated is lost all the same where it fails and is not.
    if marks.first().is_some_and(|m| first(m) && !together(m)) && !scan.effects.is_empty() {
        signals.insert("marks-first");
    }
}

/// The registration, where it tells the library to recognise messages that it has had.
fn by_registration(subject: &Subject<'_, '_>) -> Option<Site> {
    let flow = subject.flow;
    let dedupes =
        |site: &Site| flow.matches_at(*site).any(|m| flow.index.rule(m.rule).role == Role::DedupeMiddleware);
    subject.consumer.site.filter(dedupes)
}

/// How duplicates are recognised, for rows whose pattern is `@`.
pub fn pattern(subject: &Subject<'_, '_>) -> Option<String> {
    let scan = subject.scan?;
    let steps: Vec<&Seen> =
        [Role::DedupeCheck, Role::DedupeClaim, Role::DedupeMark].iter().flat_map(|&r| scan.of(r)).collect();
    let program = subject.flow.types.program;
    let functions = steps.iter().filter_map(|s| s.into.or_else(|| program.owner(s.site)));
    let in_own_package = functions.map(|func| program.outermost(func)).any(|func| {
        let dir = &program.package_of(func.file).dir;
        let business = |p: &str| {
            matches!(p, "biz" | "usecase" | "usecases" | "domain" | "service" | "application" | "app")
        };
        let own = dir.rsplit('/').next().is_some_and(|last| last.contains("idempot"));
        // A webhook is a command: whatever use case it asks counts.
        (own || subject.consumer.transport == "webhook") && dir.split('/').any(business)
    });
    if in_own_package {
        return Some("biz-layer".to_owned());
    }
    let redis = steps.iter().any(|s| s.redis);
    Some(if redis { "redis" } else { "database" }.to_owned())
}

/// Where the transaction begins: in a process of several services, where the consumer's own does it.
fn transaction(subject: &Subject<'_, '_>, scan: &Scan) -> Option<Site> {
    let owner = |site: &&Site| subject.flow.attribution.owner(site.file);
    let own = scan.transactions.iter().find(|site| owner(site) == Some(subject.consumer.service));
    own.or_else(|| scan.transactions.iter().find(|site| owner(site).is_none())).copied()
}

/// The places the verdict rests on.
pub fn proof(subject: &Subject<'_, '_>) -> Vec<Evidence> {
    let Some(scan) = subject.scan else { return Vec::new() };
    let mut out = Vec::new();
    out.extend(by_registration(subject).map(|s| evidence(subject.flow, s, "dedupe.middleware")));
    for role in [Role::DedupeMiddleware, Role::DedupeCheck, Role::DedupeClaim, Role::DedupeMark] {
        out.extend(scan.of(role).take(2).map(|s| evidence(subject.flow, s.site, role.name())));
    }
    // Whether record and effects are committed together is the first thing that people ask then.
    if !out.is_empty() {
        out.extend(transaction(subject, scan).map(|site| evidence(subject.flow, site, Role::TxBegin.name())));
    }
    for check in scan.must_be_there.into_iter().chain(looks(scan)).take(2) {
        out.push(evidence(subject.flow, check, "guard.state"));
    }
    let mut effects: Vec<_> = scan.effects.iter().collect();
    effects.sort_by_key(|e| (e.guard.is_some(), !HARMFUL.contains(&e.role)));
    out.extend(effects.iter().take(4).map(|e| evidence(subject.flow, e.site, e.role.name())));
    if let Some(cut) = scan.cuts.first()
        && out.is_empty()
    {
        out.push(evidence(subject.flow, cut.site, "cut"));
    }
    out
}

/// The effects that a second delivery repeats although others are protected: one finding for each, so
/// that one which loses its protection is news where the status stays what it was.
pub fn findings(
    subject: &Subject<'_, '_>,
    service: &str,
    verdict: &Verdict,
    signals: &Signals,
) -> Vec<Draft> {
    let Some(scan) = subject.scan.filter(|_| verdict.status == Status::Partial) else { return Vec::new() };
    let mut told = BTreeSet::new();
    unguarded(scan)
        .filter(|effect| told.insert(effect.site))
        .map(|effect| {
            let mut draft = Draft::new("effect-repeated", service, "", place(subject.flow, effect.site));
            draft.confidence = verdict.confidence;
            draft.evidence.push(evidence(subject.flow, effect.site, effect.role.name()));
            draft.fill.push(("topic", subject.consumer.topic.name.clone()));
            draft.fill.push(("effect", in_words(effect.role).to_owned()));
            draft.fill.push(("protection", protection(signals).to_owned()));
            draft.signals.clone_from(signals);
            draft.signals.remove("corrupts");
            if corrupts(effect.role) {
                draft.signals.insert("corrupts");
            }
            draft
        })
        .collect()
}

/// The effects that a second delivery repeats.
fn unguarded(scan: &Scan) -> impl Iterator<Item = &Effect> {
    scan.effects.iter().filter(|e| e.guard.is_none() && HARMFUL.contains(&e.role))
}

/// Whether an insert names a table that is put together when it runs: which keys that has, nobody knows.
fn table_unknown(subject: &Subject<'_, '_>, effect: &Effect) -> bool {
    let plain = |name: &str| !name.is_empty() && !name.contains(['%', '{', '$', '?']);
    let run = || statement::run(&Eval::new(subject.flow.types), effect.site);
    effect.role == Role::EffectInsert
        && run().is_some_and(|run| !run.statements.iter().all(|it| plain(it.table_name())))
}

/// Whether nothing but the name of a function tells of an effect.
fn known_by_name(flow: &Flow<'_>, effect: &Effect) -> bool {
    let rules = flow.matches_at(effect.site).map(|m| flow.index.rule(m.rule));
    let mut telling = rules.filter(|rule| rule.role == effect.role).peekable();
    let by_name = |rule: &Rule| matches!(rule.matcher, Matcher::Function { .. });
    telling.peek().is_some() && telling.all(by_name)
}

/// What stands before the other effects, in words.
fn protection(signals: &Signals) -> &'static str {
    if signals.contains("dedupe-guards-some") {
        "the check of the message's record"
    } else if signals.contains("keys-guard-some") {
        "a unique key"
    } else {
        "the look at the entity"
    }
}

fn in_words(role: Role) -> &'static str {
    match role {
        Role::EffectIncrement => "an addition to a stored value",
        Role::EffectEmail => "a mail",
        Role::EffectCharge => "a charge",
        Role::EffectInsert => "an insert",
        _ => "a publish",
    }
}

/// The looks at the entity that the verdict rests on: those that effects stand behind, and none where
/// a record of the message stands before them.
fn looks(scan: &Scan) -> Vec<Site> {
    if scan.guards.iter().any(|g| g.kind == GuardKind::Dedupe) {
        return Vec::new();
    }
    let around = |&at: &usize| scan.guards[at].outer;
    let protects = |index: usize| {
        scan.effects.is_empty()
            || scan.effects.iter().any(|e| std::iter::successors(e.guard, around).any(|at| at == index))
    };
    let state = scan.guards.iter().enumerate().filter(|(_, g)| g.kind == GuardKind::State);
    state.filter(|(index, _)| protects(*index)).map(|(_, guard)| guard.check).collect()
}

/// The effect a second delivery repeats, in words.
pub fn effect(subject: &Subject<'_, '_>) -> String {
    let Some(scan) = subject.scan else { return "its effects".to_owned() };
    let worst = unguarded(scan)
        .min_by_key(|e| HARMFUL.iter().position(|r| *r == e.role).map(|p| (!corrupts(e.role), p)));
    match worst {
        Some(effect) => {
            let program = subject.flow.types.program;
            let (path, line) = program.place(effect.site);
            let repeated = format!("{} ({path}:{line})", in_words(effect.role));
            // A store's own insert stands for whatever is kept there; where the id is made says more.
            let made = if effect.role == Role::EffectInsert { fresh_keys::maker(subject) } else { None };
            made.map(|site| program.place(site)).map_or(repeated.clone(), |(path, line)| {
                format!("{repeated}; an id is made anew on each delivery at {path}:{line}")
            })
        }
        None => "its effects".to_owned(),
    }
}
