//! In-process observers: events that nobody hears, observers that work themselves instead of
//! handing on, registrations in many places, failures that the trigger never learns of.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{Evidence, Observer};
use crate::flow::Flow;
use crate::flow::eval::Eval;
use crate::flow::matches::Match;
use crate::flow::path::{ErrorUse, Node, Step};
use crate::flow::program::Site;
use crate::flow::resolve::everything;
use crate::flow::select::select;
use crate::flow::value::Value;
use crate::rules::Role;

use super::finding::{Draft, place};
use super::scan::{HARMFUL, HARMLESS};
use super::steps;
use super::verdict::{Examined, Subject, evidence};

/// The findings about observers of all services.
pub fn findings(flow: &Flow<'_>, names: &[String], observers: &[Observer]) -> Vec<Draft> {
    let mut out = unheard(flow, names);
    let mut seen = BTreeSet::new();
    for observer in observers.iter().filter(|o| !o.own_effects.is_empty()) {
        if seen.insert((&observer.service, &observer.handler)) {
            out.push(thick(observer));
        }
    }
    for name in names {
        let mine: Vec<&Observer> = observers.iter().filter(|o| o.service == *name).collect();
        out.extend(scattered(name, &mine));
    }
    out
}

fn thick(observer: &Observer) -> Draft {
    let handler = &observer.handler;
    let at = crate::audit::Place { path: handler.path.clone(), line: handler.line };
    let mut draft = Draft::new("thick-observer", &observer.service, &handler.name, at);
    draft.evidence.clone_from(&observer.own_effects);
    draft.fill.push(("observer", handler.name.clone()));
    draft.fill.push(("event", observer.event.clone()));
    draft
}

/// Subscriptions that no one function makes or calls.
fn scattered(service: &str, observers: &[&Observer]) -> Option<Draft> {
    let places: BTreeSet<_> = observers.iter().map(|o| &o.registered).collect();
    let first = *places.first()?;
    if places.len() < 2 || observers.iter().any(|o| o.registry.is_some()) {
        return None;
    }
    let mut draft = Draft::new("scattered-registration", service, "", first.clone());
    draft.evidence = observers
        .iter()
        .map(|o| Evidence {
            path: o.registered.path.clone(),
            line: o.registered.line,
            role: Role::ObserverSubscribe.name().to_owned(),
            note: o.event.clone(),
        })
        .collect();
    draft.evidence.dedup();
    draft.fill.push(("places", places.len().to_string()));
    Some(draft)
}

/// Events that are raised in a service and subscribed to nowhere in it. While one subscription or
/// trigger of the kind names what could not be told, nobody can say.
fn unheard(flow: &Flow<'_>, names: &[String]) -> Vec<Draft> {
    let mut heard: BTreeMap<(usize, &str), Option<BTreeSet<String>>> = BTreeMap::new();
    for (service, detector, found, _) in named(flow, Role::ObserverSubscribe) {
        let known = heard.entry((service, detector)).or_insert_with(|| Some(BTreeSet::new()));
        match (known.as_mut(), found) {
            (Some(known), Some(found)) => known.extend(found),
            _ => *known = None,
        }
    }
    let mut out = Vec::new();
    for (service, detector, found, matched) in named(flow, Role::ObserverTrigger) {
        let (Some(found), Some(Some(known))) = (found, heard.get(&(service, detector))) else { continue };
        for event in found.difference(known) {
            let at = place(flow, matched.site);
            let mut draft = Draft::new("observer-without-subscriber", &names[service], event, at);
            draft.evidence.push(evidence(flow, matched.site, Role::ObserverTrigger.name()));
            draft.fill.push(("event", event.clone()));
            out.push(draft);
        }
    }
    out
}

type Named<'f> = (usize, &'f str, Option<BTreeSet<String>>, &'f Match);

/// The matches of a role with the events they name; `None` where they could not be told.
fn named<'f>(flow: &'f Flow<'_>, role: Role) -> Vec<Named<'f>> {
    let eval = Eval::new(flow.types);
    let mut out = Vec::new();
    for matched in flow.matches.iter().filter(|m| flow.index.rule(m.rule).role == role) {
        let topic = &flow.index.rule(matched.rule).topic;
        let Some(service) = flow.attribution.owner(matched.site.file) else { continue };
        let detector = flow.index.detector(matched.rule).id.as_str();
        let values = topic.iter().map(|s| select(&eval, matched.site, s));
        let value = values.into_iter().find(|v| !v.is_unset());
        out.push((service, detector, value.and_then(|v| texts(flow, &eval, &v)), matched));
    }
    out
}

/// All texts a value can be, when each is known.
fn texts(flow: &Flow<'_>, eval: &Eval<'_>, value: &Value) -> Option<BTreeSet<String>> {
    let mut out = BTreeSet::new();
    for item in value.items() {
        let known = everything(eval, &flow.graph, &item, 5);
        for value in &known {
            let Value::Str(text) = value else { return None };
            out.insert(text.to_string());
        }
        if known.is_empty() {
            return None;
        }
    }
    (!out.is_empty()).then_some(out)
}

/// A trigger on the path of a consumer whose observers may fail without the consumer learning of it:
/// its error is let pass, or an observer does not pass on that of an effect.
pub fn swallowed(subject: &Subject<'_, '_>, examined: &Examined, service: &str) -> Option<Draft> {
    let flow = subject.flow;
    let found = examined.traces.iter().find_map(|(_, trace)| lost(flow, &trace.nodes))?;
    let (trigger, effect) = found;
    let mut draft = Draft::new("observer-error-swallowed", service, "", place(flow, effect));
    draft.evidence.push(evidence(flow, trigger, Role::ObserverTrigger.name()));
    if effect != trigger {
        draft.evidence.push(evidence(flow, effect, "effect"));
    }
    let topic = &subject.consumer.topic.name;
    draft.fill.push(("topic", topic.clone()));
    Some(draft)
}

fn lost(flow: &Flow<'_>, nodes: &[Node]) -> Option<(Site, Site)> {
    let passes = |step: &Step| {
        matches!(step.error, ErrorUse::Dropped | ErrorUse::Logged | ErrorUse::Swallowed) && !step.detached
    };
    let effects: Vec<Role> = HARMFUL.iter().chain(&HARMLESS).copied().collect();
    nodes.iter().find_map(|node| match node {
        Node::Step(step) if steps::plays(flow, step, &[Role::ObserverTrigger]) => {
            steps::first(flow, &step.inner, &effects)?;
            // Observers that run beside the trigger tell it nothing.
            let beside = step.rules.iter().map(|&id| flow.index.rule(id)).any(|rule| {
                rule.role == Role::ObserverTrigger && rule.registration_kind.as_deref() == Some("async")
            });
            if passes(step) || beside {
                return Some((step.site, step.site));
            }
            // The observer's own calls.
            let own = step.inner.iter().find_map(|node| {
                direct(node, &|inner: &Step| {
                    passes(inner)
                        && (steps::plays(flow, inner, &effects)
                            || steps::first(flow, &inner.inner, &effects).is_some())
                })
            });
            own.map(|site| (step.site, site))
        }
        Node::Step(step) => lost(flow, &step.inner),
        Node::Branch(branch) => lost(flow, &branch.then).or_else(|| lost(flow, &branch.otherwise)),
        Node::Loop(body) => lost(flow, body),
        Node::Exit(_) | Node::Cut(_) => None,
    })
}

/// The first step of one function that fits.
fn direct(node: &Node, fits: &dyn Fn(&Step) -> bool) -> Option<Site> {
    match node {
        Node::Step(step) => fits(step).then_some(step.site),
        Node::Branch(branch) => branch.then.iter().chain(&branch.otherwise).find_map(|n| direct(n, fits)),
        Node::Loop(body) => body.iter().find_map(|n| direct(n, fits)),
        Node::Exit(_) | Node::Cut(_) => None,
    }
}
