//! Dead letter: does a message that keeps failing end somewhere a person can find it?

use super::table::Signals;
use super::verdict::{Subject, evidence};
use crate::audit::Evidence;
use crate::flow::value::Value;
use crate::rules::Role;

/// What the registration, the middleware and the handler say about failures.
pub fn signals(subject: &Subject<'_, '_>) -> Signals {
    let mut signals = Signals::new();
    let consumer = subject.consumer;
    let wrapped = consumer.place != consumer.site;
    if let Some((name, _, _)) = &consumer.dead_letter {
        signals.insert(if consumer.place.is_none() {
            "declared-in-manifest"
        } else if !wrapped || visible(subject, name) {
            "given-at-registration"
        } else {
            "given-by-wrapper"
        });
    }
    signals.insert(if wrapped { "through-wrapper" } else { "direct" });
    if subject.depth == Some(0) && wrapped {
        signals.insert("cut-by-depth");
    }
    if consumer.dead_letter_builtin {
        signals.insert("built-in");
    }
    for m in service_matches(subject) {
        match subject.flow.index.rule(m.rule).registration_kind.as_deref() {
            Some("middleware") if subject.flow.index.detector(m.rule).id == consumer.framework => {
                signals.insert("poison-queue");
            }
            Some("programmatic" | "queue")
                if subject.flow.index.detector(m.rule).id == consumer.framework =>
            {
                signals.insert("queue-has-exchange");
            }
            _ => {}
        }
    }
    if let Some(scan) = subject.scan {
        for step in scan.of(Role::DeadLetter) {
            // What it does inside says more than what it is called.
            let stores = step.below.any(&[Role::EffectInsert, Role::EffectUpsert]);
            let sends = step.below.has(Role::Publisher);
            signals.insert(match step.kind.as_deref() {
                _ if stores && !sends => "stored",
                _ if sends && !stores => "parked",
                Some("table") => "stored",
                _ => "parked",
            });
        }
        if scan.of(Role::Requeue).next().is_some() {
            signals.insert("requeues");
        }
    }
    signals
}

/// Dead-letter declarations of the consumer's service outside its handler.
fn service_matches<'s>(
    subject: &'s Subject<'_, '_>,
) -> impl Iterator<Item = &'s crate::flow::matches::Match> {
    subject.flow.matches.iter().filter(|m| {
        subject.flow.index.rule(m.rule).role == Role::DeadLetter
            && subject.flow.attribution.services(m.site.file, m.func).contains(&subject.consumer.service)
    })
}

/// Whether the registration itself names the target.
fn visible(subject: &Subject<'_, '_>, name: &str) -> bool {
    use crate::syntax::facts::Expr;
    let Some(place) = subject.consumer.place else { return false };
    let facts = subject.flow.types.program.facts(place.file);
    let Expr::Call { args, .. } = facts.expr(place.expr) else { return false };
    let eval = crate::flow::eval::Eval::new(subject.flow.types);
    facts.list(args).iter().any(|&arg| {
        let value = eval.value(crate::flow::program::Site { file: place.file, expr: arg });
        names(&value, name)
    })
}

fn names(value: &Value, name: &str) -> bool {
    match value {
        Value::Str(text) => name.split('|').any(|n| **text == *n),
        Value::Object(object) => object.fields.iter().any(|(_, v)| names(v, name)),
        Value::List(items) | Value::OneOf(items) => items.iter().any(|v| names(v, name)),
        _ => false,
    }
}

/// The places the verdict rests on.
pub fn proof(subject: &Subject<'_, '_>) -> Vec<Evidence> {
    let mut out = Vec::new();
    if let Some((name, path, line)) = &subject.consumer.dead_letter {
        out.push(Evidence {
            path: path.clone(),
            line: *line,
            role: "dead-letter".into(),
            note: name.clone(),
        });
    }
    if let Some(scan) = subject.scan {
        for role in [Role::DeadLetter, Role::Requeue, Role::Reject] {
            out.extend(scan.of(role).take(2).map(|s| evidence(subject.flow, s.site, role.name())));
        }
    }
    out.extend(
        service_matches(subject)
            .filter(|m| subject.flow.index.rule(m.rule).registration_kind.as_deref() == Some("middleware"))
            .take(1)
            .map(|m| evidence(subject.flow, m.site, "dead-letter")),
    );
    if out.is_empty() {
        let (path, line) = &subject.consumer.registration;
        out.push(Evidence {
            path: path.clone(),
            line: *line,
            role: "registration".into(),
            note: "no dead-letter target".into(),
        });
    }
    out
}
