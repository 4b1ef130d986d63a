//! Dead letter: does a message that keeps failing end somewhere a person can find it?

use super::finding::Draft;
use super::scan::{Scan, Seen};
use super::steps;
use super::table::{self, Signals};
use super::topics::{self, mentioned};
use super::verdict::{Subject, evidence};
use crate::audit::{Control, Evidence, Place};
use crate::flow::address::bare;
use crate::flow::eval::Eval;
use crate::flow::matches::Match;
use crate::flow::parking::{KINDS, Parking, Redelivery};
use crate::flow::path::Knowledge;
use crate::flow::program::{Fn, Site};
use crate::flow::select::select;
use crate::flow::types::Type;
use crate::flow::value::Value;
use crate::flow::walk::exprs_of_stmt;
use crate::flow::{Consumer, Flow};
use crate::rules::Role;
use crate::syntax::facts::Expr;

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
    if middleware(subject).next().is_some() {
        signals.insert("poison-queue");
    }
    for parking in parkings(subject) {
        let declared = parking.services.is_none();
        signals.insert(if declared { "declared-in-manifest" } else { "queue-has-exchange" });
    }
    if bounds(subject).next().is_some() || redeliveries(subject).any(|r| !r.forever) {
        signals.insert("bounded");
    }
    if redeliveries(subject).any(|r| r.forever) {
        signals.insert("comes-for-ever");
    }
    if !consumer.topic.resolved && listed("backend-decides").contains(&consumer.framework) {
        signals.insert("backend-unseen");
    }
    if listed("library-decides").contains(&consumer.framework) {
        signals.insert("library-unseen");
    }
    if listed("settings-elsewhere").contains(&consumer.transport) && !declared(subject) {
        signals.insert("settings-unseen");
    }
    if swallowed(subject) {
        signals.insert("swallowed");
    }
    if subject.scan.is_none() {
        signals.insert("no-handler");
    }
    if let Some(scan) = subject.scan {
        // A declaration says where a queue's messages go, not that this one is sent there.
        let sends = |step: &&Seen| !step.kind.as_deref().is_some_and(|kind| KINDS.contains(&kind));
        for step in scan.of(Role::DeadLetter).filter(sends) {
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
        let keeps = [Role::EffectInsert, Role::EffectUpsert, Role::Publisher, Role::OutboxWrite];
        if scan.roles.any(&keeps) {
            signals.insert("keeps-something");
        }
        signals.extend(scan.let_go.then_some("let-go"));
        if scan.of(Role::Requeue).next().is_some() {
            signals.insert("requeues");
            if listed("never-counts").contains(&subject.consumer.transport) {
                signals.insert("uncounted");
            }
        }
        if in_place(scan).is_some() {
            signals.insert("tries-in-place");
        }
        if scan.of(Role::Reject).next().is_some() {
            signals.insert("rejects");
        }
        if settles(subject, scan) {
            signals.insert("settles");
        }
        if scan.handed_on().is_some() || gives_back(subject, scan) {
            signals.insert("handed-on");
        }
    }
    signals
}

/// Whether the handler acknowledges the message itself, and whoever runs it hears of no failure.
fn settles(subject: &Subject<'_, '_>, scan: &Scan) -> bool {
    let handlers = &subject.consumer.handlers;
    let tells = handlers.iter().any(|handler| subject.flow.types.can_fail(handler.func));
    scan.of(Role::Ack).next().is_some() && !handlers.is_empty() && !tells
}

/// Whether the function that receives the messages gives them to callers that were not found, and does
/// nothing with them itself.
fn gives_back(subject: &Subject<'_, '_>, scan: &Scan) -> bool {
    let types = subject.flow.types;
    let program = types.program;
    let receives = |func: Fn| subject.consumer.site.and_then(|site| program.owner(site)) == Some(func);
    let gives = |func: Fn| program.func(func).results.len() > usize::from(types.gives_error(func));
    let handlers = &subject.consumer.handlers;
    let idle = scan.effects.is_empty() && !scan.roles.any(&[Role::Decode, Role::Validate]);
    idle && !handlers.is_empty() && handlers.iter().all(|h| receives(h.func) && gives(h.func))
}

/// Middleware of the consumer's service that moves failed messages away.
fn middleware<'s>(subject: &'s Subject<'_, '_>) -> impl Iterator<Item = &'s Match> {
    let (flow, consumer) = (subject.flow, subject.consumer);
    flow.matches.iter().filter(move |m| {
        let rule = flow.index.rule(m.rule);
        rule.role == Role::DeadLetter
            && rule.registration_kind.as_deref() == Some("middleware")
            && flow.index.detector(m.rule).id == consumer.framework
            && flow.attribution.services(m.site.file, m.func).contains(&consumer.service)
            && moves(subject, m)
    })
}

/// Whether middleware that is the house's own sends or stores what it is given; that of a library does
/// what its rule says.
fn moves(subject: &Subject<'_, '_>, middleware: &Match) -> bool {
    let flow = subject.flow;
    let rule = flow.index.rule(middleware.rule);
    if rule.handler.is_empty() {
        return true;
    }
    let eval = Eval::new(flow.types);
    let known = Knowledge::new(flow, Some(subject.consumer.service));
    let keeps = [Role::Publisher, Role::DeadLetter, Role::EffectInsert, Role::EffectUpsert];
    let values = rule.handler.iter().flat_map(|selector| select(&eval, middleware.site, selector).items());
    let mut functions = values.filter_map(|value| value.function().map(|closure| closure.func));
    functions.any(|func| steps::first(flow, &known.trace(func, None).nodes, &keeps).is_some())
}

/// Options of the consumer's service that bound how often its library delivers a failing message.
fn bounds<'s>(subject: &'s Subject<'_, '_>) -> impl Iterator<Item = &'s Match> {
    let (flow, consumer) = (subject.flow, subject.consumer);
    flow.matches.iter().filter(move |m| {
        let rule = flow.index.rule(m.rule);
        rule.role == Role::Retry
            && rule.registration_kind.as_deref() == Some("bounded")
            && flow.index.detector(m.rule).id == consumer.framework
            && flow.attribution.services(m.site.file, m.func).contains(&consumer.service)
    })
}

/// Declarations about the queue that the consumer reads.
fn parkings<'s>(subject: &'s Subject<'_, '_>) -> impl Iterator<Item = &'s Parking> {
    let (flow, consumer) = (subject.flow, subject.consumer);
    let program = flow.types.program;
    let owner = |c: &Consumer| c.site.and_then(|site| program.owner(site)).map(|f| program.outermost(f));
    flow.parkings.iter().filter(move |p| p.covers(consumer, &flow.consumers, &owner))
}

/// Whether what becomes of failures is said where it can be seen: in a manifest, or in the function that
/// makes the queue and registers the consumer.
fn declared(subject: &Subject<'_, '_>) -> bool {
    let (flow, consumer) = (subject.flow, subject.consumer);
    if redeliveries(subject).next().is_some() {
        return true;
    }
    let program = flow.types.program;
    [consumer.site, consumer.place].into_iter().flatten().any(|site| {
        let Some(body) = program.owner(site).and_then(|func| program.func(program.outermost(func)).body)
        else {
            return false;
        };
        let facts = program.facts(site.file);
        let mut makes = false;
        for &id in facts.block(body) {
            exprs_of_stmt(facts, id, &mut |expr| {
                let queue = |ty: Type| matches!(ty, Type::External(_, name) if &*name == "Queue");
                makes |= matches!(facts.expr(expr), Expr::Call { .. })
                    && queue(flow.types.of(Site { file: site.file, expr }));
            });
        }
        makes
    })
}

/// Names that the control goes by.
fn listed(key: &str) -> &'static [String] {
    table::of(Control::DeadLetter).map_or(&[], |table| table.names(key))
}

/// Declarations of how often what the consumer fails to handle comes again.
fn redeliveries<'s>(subject: &'s Subject<'_, '_>) -> impl Iterator<Item = &'s Redelivery> {
    subject.flow.redeliveries.iter().filter(|r| r.covers(subject.consumer))
}

/// Whether the library acknowledges what the handler throws, and the handler answers with no word
/// that says otherwise.
fn swallowed(subject: &Subject<'_, '_>) -> bool {
    if !listed("swallows-failures").contains(&subject.consumer.framework) {
        return false;
    }
    let answers = |func: &Fn| {
        let facts = subject.flow.types.program.facts(func.file);
        let mut found = false;
        for &id in facts.func(func.func).body.map_or(&[][..], |body| facts.block(body)) {
            exprs_of_stmt(facts, id, &mut |expr| {
                found |= matches!(facts.expr(expr), Expr::Field { name, .. }
                    if listed("answers-failure").iter().any(|word| word == facts.text(name)));
            });
        }
        found
    };
    !subject.functions.is_empty() && !subject.functions.iter().any(answers)
}

/// Places for failed messages that nothing in the repository reads, where others of the transport
/// are read: that is how failures are meant to be seen, and these are not. While a consumer of the
/// transport reads what could not be told, nobody can say.
pub fn unconsumed(flow: &Flow<'_>, names: &[String]) -> Vec<Draft> {
    let mut out: Vec<Draft> = Vec::new();
    let targets = targets(flow);
    for target in &targets {
        let mut ends = flow.consumers.iter().filter(|c| c.transport == target.transport);
        let open = ends.clone().any(|c| !c.topic.resolved);
        let reads = |name: &str| {
            let heard = |c: &Consumer| {
                c.topic.resolved && (c.topic.name == name || topics::covers(&c.topic.name, name))
            };
            flow.consumers.iter().any(heard)
        };
        let known = |c: &Consumer| targets.iter().any(|t| t.name == c.topic.name);
        let Some(other) = ends.find(|c| known(c)).filter(|_| !open && !reads(&target.name)) else { continue };
        let service = &names[target.service];
        if out.iter().any(|d| d.service == *service && d.subject == target.name) {
            continue;
        }
        let at = Place { path: target.at.0.clone(), line: target.at.1 };
        let mut draft = Draft::new("dead-letter-unconsumed", service, &target.name, at);
        let at = |(path, line): &(String, u32), role: Role, note: &str| Evidence {
            path: path.clone(),
            line: *line,
            role: role.name().to_owned(),
            note: note.to_owned(),
        };
        draft.evidence.push(at(&target.at, Role::DeadLetter, &target.name));
        draft.evidence.push(at(&other.registration, Role::Consumer, &other.topic.name));
        draft.fill.push(("target", target.name.clone()));
        draft.fill.push(("other", other.topic.name.clone()));
        out.push(draft);
    }
    out
}

/// A topic for failed messages.
struct Target<'f> {
    service: usize,
    transport: &'f str,
    name: String,
    at: (String, u32),
}

/// The topics that registrations name for failed messages, and those that handlers send them to.
fn targets<'f>(flow: &'f Flow<'_>) -> Vec<Target<'f>> {
    let plain = |name: &&str| {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ':');
        !name.is_empty() && name.chars().all(fits) && topics::is_dead_letter(name)
    };
    let mut out = Vec::new();
    for consumer in &flow.consumers {
        let Some((text, path, line)) = &consumer.dead_letter else { continue };
        for name in text.split('|').filter(plain) {
            out.push(Target {
                service: consumer.service,
                transport: &consumer.transport,
                name: name.to_owned(),
                at: (path.clone(), *line),
            });
        }
    }
    for publisher in flow.publishers.iter().filter(|p| p.topic.resolved) {
        let name = publisher.topic.name.as_str();
        if plain(&name) {
            let (name, at) = (name.to_owned(), publisher.at.clone());
            out.push(Target { service: publisher.service, transport: &publisher.transport, name, at });
        }
    }
    out
}

/// Whether the registration itself names the target.
fn visible(subject: &Subject<'_, '_>, name: &str) -> bool {
    let Some(place) = subject.consumer.place else { return false };
    let facts = subject.flow.types.program.facts(place.file);
    let Expr::Call { args, .. } = facts.expr(place.expr) else { return false };
    let eval = Eval::new(subject.flow.types);
    facts.list(args).iter().any(|&arg| {
        let value = eval.value(Site { file: place.file, expr: arg });
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

/// The call that runs what it is given again when it fails, before the broker hears of it: what it runs
/// stands behind it on the path.
fn in_place(scan: &Scan) -> Option<&Seen> {
    let runs_work = |step: &Seen| step.after_effects < scan.effects.len();
    scan.of(Role::Retry).find(|step| step.kind.as_deref() == Some("in-place") && runs_work(step))
}

/// The places the verdict rests on.
pub fn proof(subject: &Subject<'_, '_>, stops: Option<Site>) -> Vec<Evidence> {
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
    for parking in parkings(subject).take(2) {
        let (path, line) = parking.at.clone();
        if !out.iter().any(|known| known.path == path && known.line == line) {
            let (role, note) = (Role::DeadLetter.name().to_owned(), parking.target.clone());
            out.push(Evidence { path, line, role, note });
        }
    }
    let alerts = subject.flow.mentions.iter().filter(|m| m.role == Role::Alert);
    let told: Vec<Evidence> =
        alerts.filter(|m| out.iter().any(|e| m.names(bare(&e.note)))).map(mentioned).collect();
    out.extend(told);
    out.extend(middleware(subject).take(1).map(|m| evidence(subject.flow, m.site, "dead-letter")));
    if out.is_empty()
        && let Some(cut) = subject.scan.and_then(Scan::handed_on)
    {
        out.push(evidence(subject.flow, cut.site, "cut"));
    }
    if out.is_empty()
        && let Some(stops) = stops
    {
        out.push(evidence(subject.flow, stops, "stops"));
    }
    if out.is_empty() {
        let (path, line) = &subject.consumer.registration;
        out.push(Evidence {
            path: path.clone(),
            line: *line,
            role: "registration".into(),
            note: "no dead-letter target".into(),
        });
    }
    if let Some(again) = subject.scan.and_then(in_place) {
        out.push(evidence(subject.flow, again.site, "retry.in-place"));
    }
    for redelivery in redeliveries(subject).take(1) {
        let ((path, line), role) =
            (redelivery.at.clone(), if redelivery.forever { Role::Requeue } else { Role::Retry });
        out.push(Evidence { path, line, role: role.name().to_owned(), note: String::new() });
    }
    out
}
