//! Endpoints: consumers and publishers, each at the place that names its topic.
//!
//! A library call is only the last hop of a project's own event bus. Its topic and handler are
//! lifted through parameters, fields and constructors until they are constants, and the outermost
//! call that supplies the topic is the registration people look for.

mod handlers;
mod house;
mod made;
mod ways;

use crate::rules::{Role, Rule, Selector, Start};
use crate::syntax::facts::Expr;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::sync::Arc;

use super::calls::Graph;
use super::config::Config;
use super::eval::Eval;
use super::matches::{Index, Match};
use super::program::{Fn, Site};
use super::resolve::{given_handler, settle, supply};
use super::select::{kept_under, select};
use super::types::{Type, Types};
use super::value::{Closure, Value, add_function};
pub use handlers::method_handler;
use handlers::table;
use made::registered_each;
use ways::{handed_over, hands_function, split};

/// What part of an endpoint a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Topic.
    Topic,
    /// Handler.
    Handler,
    /// Consumer group.
    Group,
    /// Dead-letter target.
    DeadLetter,
    /// Event types.
    EventTypes,
    /// HTTP route.
    Route,
    /// Cache or dedupe key.
    Key,
    /// Time to live.
    Ttl,
    /// Payload.
    Payload,
    /// The map whose keys are the topics and whose values are their handlers.
    Table,
    /// The library value that carries the topic (a reader, a writer).
    Origin,
    /// What must not be: a condition of the rule, asked again where more is known.
    Unless,
}

/// A topic as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TopicName {
    /// The constant, or the best symbol; see [`super::symbol`].
    pub name: String,
    /// Whether it is a constant.
    pub resolved: bool,
    /// What the code says at the place.
    pub expression: String,
}

/// A consumer, publisher or route as found in code.
// Each flag is a fact of its own.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug)]
pub struct Found {
    /// The library call or literal.
    pub matched: Match,
    /// Other library calls of the same registration, on other ways through the code around them.
    pub others: Vec<Match>,
    /// Where its topic is given.
    pub place: Site,
    /// Topic; `None` for rules without one.
    pub topic: Option<TopicName>,
    /// Handlers, best first.
    pub handlers: Vec<Arc<Closure>>,
    /// Other parts, resolved as far as possible.
    pub parts: Vec<(Part, Value)>,
    /// Calls from the place down to the library call, outermost first.
    pub hops: Vec<Site>,
    /// One of several ways a branch may set the topic.
    pub alternative: bool,
    /// The topic that holds where no option or setter gives another.
    pub fallback: bool,
    /// The topic is read out of rows or messages.
    pub relays: bool,
    /// Whether a topic is given at all: options may leave it out.
    pub given: bool,
    /// Which argument of the library call it is, where each registers something of its own.
    pub argument: Option<usize>,
    /// The handler was found through a field.
    pub by_field: bool,
}

impl Found {
    /// The first value of a part.
    pub fn part(&self, part: Part) -> Option<&Value> {
        self.parts.iter().find(|(p, _)| *p == part).map(|(_, v)| v)
    }
}

// Each flag is a fact of its own.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone)]
struct Draft {
    matched: Match,
    place: Site,
    placed: bool,
    moved: bool,
    /// One of several ways a branch may set the topic.
    alternative: bool,
    /// The topic that holds where no option or setter gives another.
    fallback: bool,
    parts: Vec<(Part, Value)>,
    hops: Vec<Site>,
    /// Which argument of the library call it is, where each registers something of its own.
    argument: Option<usize>,
    /// The handler was found through a field.
    by_field: bool,
    /// How far it was known before all values of a type were taken for the one that holds the topic.
    before: Option<Box<Draft>>,
}

impl Draft {
    /// What was known before it went to a place that gives no name after all.
    fn strayed(&self) -> Option<Draft> {
        let before = self.before.as_ref().filter(|before| before.place != self.place)?;
        let (alternative, fallback) = (self.alternative, self.fallback);
        Some(Draft { placed: true, alternative, fallback, ..(**before).clone() })
    }
}

const HOPS: usize = 14;
const DRAFTS: usize = 3_000;

/// What lifting works with.
pub struct Lifting<'a> {
    /// Types and program.
    pub types: &'a Types<'a>,
    /// Calls.
    pub graph: &'a Graph,
    /// Rules.
    pub index: &'a Index<'a>,
    /// Configuration files and defaults.
    pub config: &'a Config,
}

impl Lifting<'_> {
    /// Lifts every match of one of `roles`.
    pub fn all(&self, matches: &[Match], roles: &[Role]) -> Vec<Found> {
        let mut found: Vec<Found> = matches
            .par_iter()
            .filter(|m| roles.contains(&self.index.rule(m.rule).role))
            .flat_map_iter(|m| self.one(m))
            .collect();
        self.leave_to_house(matches, &mut found);
        found.sort_by(|a, b| {
            (a.place, &a.topic, &a.hops, a.matched).cmp(&(b.place, &b.topic, &b.hops, b.matched))
        });
        merge(found)
    }

    /// Lifts one match to all places that supply it.
    pub fn one(&self, matched: &Match) -> Vec<Found> {
        let eval = Eval::new(self.types);
        let rule = self.index.rule(matched.rule);
        let start = |(argument, parts)| Draft {
            matched: *matched,
            argument,
            place: matched.site,
            placed: rule.topic.is_empty(),
            moved: false,
            alternative: false,
            fallback: false,
            by_field: false,
            before: None,
            parts,
            hops: vec![matched.site],
        };
        let arguments = registered_each(self.types.program, matched.site, rule);
        let each_of = |eval: &Eval<'_>| -> Vec<Draft> {
            let of = |&argument| start((argument, parts(eval, matched.site, rule, argument)));
            arguments.iter().map(of).collect()
        };
        let mut queue: Vec<Draft> = match &eval.rounds(matched.site)[..] {
            [] => each_of(&eval),
            rounds => rounds.iter().flat_map(|&r| each_of(&Eval::in_round(self.types, r))).collect(),
        };
        let mut done = Vec::new();
        let mut made = 0;
        let mut seen: FxHashSet<(Vec<Site>, bool, Vec<Value>)> = FxHashSet::default();
        while let Some(draft) = queue.pop() {
            made += 1;
            if made > DRAFTS {
                break;
            }
            let next = self.advance(&eval, draft, &mut done);
            for draft in next {
                let says = [Part::Topic, Part::Group, Part::Handler];
                let said = draft.parts.iter().filter(|(p, _)| says.contains(p)).map(|(_, v)| v.clone());
                if draft.hops.len() <= HOPS && seen.insert((draft.hops.clone(), draft.placed, said.collect()))
                {
                    queue.push(draft);
                }
            }
        }
        // Where one way of a branch is known, the fallback that is not adds nothing.
        let known = |f: &Found| f.topic.as_ref().is_none_or(|t| t.resolved);
        if done.iter().any(known) {
            done.retain(|f| known(f) || !f.alternative && !f.fallback);
        }
        self.drop_idle(&mut done);
        done
    }

    /// Leaves out what a constructor builds that does not receive, where it builds what does as well
    /// (`if !enabled { return &Consumer{} }`).
    fn drop_idle(&self, done: &mut Vec<Found>) {
        let owner = |site: &Site| self.types.program.owner(*site);
        let idle = |f: &Found| f.hops.len() > 1 && f.topic.as_ref().is_some_and(|t| t.expression.is_empty());
        let built: FxHashSet<Fn> =
            done.iter().filter(|f| !idle(f)).flat_map(|f| f.hops.iter().filter_map(owner)).collect();
        done.retain(|f| !idle(f) || !f.hops.first().and_then(owner).is_some_and(|o| built.contains(&o)));
    }

    /// Finishes a draft, or replaces it by the drafts of the places that supply it.
    fn advance(&self, eval: &Eval<'_>, mut draft: Draft, done: &mut Vec<Found>) -> Vec<Draft> {
        draft.by_field |= ways::by_field(&draft);
        for (_, value) in &mut draft.parts {
            settle(eval, self.graph, value);
        }
        self.make_topics(eval, &mut draft);
        if !draft.placed
            && let Some(split) = split(&draft)
        {
            return split;
        }
        if !draft.placed && !draft.fallback {
            let mut ways = self.optional(eval, &draft);
            if !ways.is_empty() {
                ways.push(Draft { fallback: true, ..draft });
                return ways;
            }
        }
        let topics = self.topics(eval, &draft);
        if !topics.is_empty() {
            draft.placed = true;
        }
        let consumes = self.index.rule(draft.matched.rule).role == Role::Consumer;
        let wanted = if draft.placed { Part::Handler } else { Part::Topic };
        let free = draft
            .parts
            .iter()
            .filter(|(part, _)| *part == wanted)
            .filter(|(_, v)| wanted == Part::Topic || v.function().is_none())
            .find_map(|(_, v)| v.free());
        // A queue that is named at run time: the handler tells the registrations apart.
        let handlers = draft.parts.iter().filter(|(part, _)| *part == Part::Handler);
        let given = || handlers.clone().find_map(|(_, value)| given_handler(eval, value));
        let free = free.or_else(|| (consumes && !draft.placed).then(given).flatten());
        if let Some(free) = free
            && draft.hops.len() < HOPS
        {
            let mut values: Vec<Value> = draft.parts.iter().map(|(_, v)| v.clone()).collect();
            let pairs = ways::paired(&draft);
            values.extend(pairs.clone());
            let supplied: Vec<_> = supply(eval, self.graph, &values, free)
                .into_iter()
                .filter(|s| !draft.hops.contains(&s.site))
                .collect();
            let lost = |s: &super::resolve::Supplied| ways::is_lost(&draft, &s.values);
            if !consumes && !draft.placed && !supplied.is_empty() && supplied.iter().all(lost) {
                let typed = self.jump(eval, &draft, true);
                if !typed.is_empty() {
                    return typed;
                }
            }
            if !supplied.is_empty() {
                return supplied
                    .into_iter()
                    .flat_map(|s| {
                        let mut next = draft.clone();
                        let items = s.values.last().cloned();
                        for ((_, old), new) in next.parts.iter_mut().zip(s.values) {
                            *old = new;
                        }
                        // A topic handed over as an argument makes the call a registration, and a
                        // message built there makes it a publication; what comes in an options
                        // struct is configuration.
                        let says = !consumes
                            && next
                                .parts
                                .iter()
                                .any(|(p, v)| *p == Part::Topic && matches!(v, Value::Str(_)));
                        let registers = consumes && s.by_call && hands_function(eval, s.site);
                        if !next.placed && s.by_call && (handed_over(&draft, free) || says || registers) {
                            next.place = s.site;
                            next.moved = true;
                        }
                        next.hops.insert(0, s.site);
                        ways::each_element(eval, &draft, next, pairs.as_ref().zip(items))
                    })
                    .collect();
            }
            // A parameter of a function that nobody calls or mentions: a wrapper without users.
            if !draft.placed && self.unused(free.func()) {
                // A library calls it: what it is given is not seen, what it sends may be.
                let called = !consumes && self.graph.handed.contains(&free.func());
                return if called { self.jump(eval, &draft, true) } else { Vec::new() };
            }
        }
        if !draft.placed && draft.hops.len() < HOPS {
            let next = self.jump(eval, &draft, false);
            if !next.is_empty() {
                return next;
            }
        }
        // Nothing tells the topic: the handler may be known all the same.
        if !draft.placed {
            return vec![draft.strayed().unwrap_or(Draft { placed: true, ..draft })];
        }
        self.finish(eval, draft, topics, done);
        Vec::new()
    }

    /// Where the topic is a field that options or setters write (`WithTopic(name)`), whatever the
    /// literal has there: a draft for each of those.
    fn optional(&self, eval: &Eval<'_>, draft: &Draft) -> Vec<Draft> {
        let topic = |(part, value): &(Part, Value)| *part == Part::Topic && !value.is_unset();
        let Some(at) = draft.parts.iter().position(topic) else { return Vec::new() };
        let Value::Field(base, name) = &draft.parts[at].1 else { return Vec::new() };
        if !matches!(**base, Value::Receiver(_) | Value::Param(..)) {
            return Vec::new();
        }
        let Type::Named(ty, _) = eval.type_of(base) else { return Vec::new() };
        let writes = self.graph.writes.get(&(ty, name.clone())).map_or(&[][..], Vec::as_slice);
        // Where a literal leaves the field out, what is written to it is looked up anyway.
        let given = writes.iter().any(|write| write.literal.is_some());
        let set = writes.iter().filter(|write| given && write.literal.is_none() && !write.element);
        set.map(|write| eval.nth(write.value, write.index))
            .filter(|value| matches!(value, Value::Param(..)))
            .map(|value| {
                let mut next = draft.clone();
                next.parts[at].1 = value;
                next
            })
            .collect()
    }

    /// Goes on from the literals of the type whose field the topic reads: of the innermost, or of the
    /// `last` that is read.
    fn jump(&self, eval: &Eval<'_>, draft: &Draft, last: bool) -> Vec<Draft> {
        let values: Vec<Value> = draft.parts.iter().map(|(_, v)| v.clone()).collect();
        let topics = draft.parts.iter().filter(|(p, v)| *p == Part::Topic && !v.is_unset());
        let consumes = self.index.rule(draft.matched.rule).role == Role::Consumer;
        for (_, topic) in topics {
            // The rows a relay sends were built where they were saved: that place is the publisher.
            if !consumes && super::resolve::is_decoded(topic) {
                continue;
            }
            let supplied = super::resolve::by_type(eval, self.graph, &values, topic, last);
            if !supplied.is_empty() {
                return supplied
                    .into_iter()
                    .filter(|s| !draft.hops.contains(&s.site))
                    .map(|s| {
                        let mut next = draft.clone();
                        next.hops.insert(0, s.site);
                        for ((_, old), new) in next.parts.iter_mut().zip(s.values) {
                            *old = new;
                        }
                        // Where it does not hold the handler as well, it may be anything that a
                        // message or a row says: it makes a registration where it gives a name.
                        if consumes && next.before.is_none() && ways::same_handlers(draft, &next) {
                            next.before = Some(Box::new(draft.clone()));
                        }
                        next
                    })
                    .collect();
            }
        }
        Vec::new()
    }

    fn unused(&self, func: Fn) -> bool {
        !self.graph.referenced(func) && self.types.program.func(func).parent.is_none()
    }

    /// The constant topics of a draft: the first alternative that has any.
    fn topics(&self, eval: &Eval<'_>, draft: &Draft) -> Vec<String> {
        for (_, value) in draft.parts.iter().filter(|(p, _)| *p == Part::Topic) {
            let texts = self.texts(eval, value, draft.place);
            // An alternative that is given and not known is no reason to take the next.
            if !texts.is_empty() || !value.is_unset() {
                return texts;
            }
        }
        Vec::new()
    }

    /// The constants a value stands for, configuration included. A constant beside a variable of the
    /// environment is what holds where nothing sets that.
    fn texts(&self, eval: &Eval<'_>, value: &Value, place: Site) -> Vec<String> {
        let near = &self.types.program.file(place.file).path;
        let set = |v: &Value| self.config.variable(self.index, eval, v, near);
        let mut texts: Vec<String> = value.items().iter().filter_map(set).collect();
        if texts.is_empty() {
            let constants = |item: &Value| match item {
                Value::Str(text) => vec![text.to_string()],
                other => self.config.lookup(eval, self.index, other, near),
            };
            texts = value.items().iter().flat_map(constants).filter(|text| !text.is_empty()).collect();
        }
        texts.sort();
        texts.dedup();
        texts
    }

    fn finish(&self, eval: &Eval<'_>, mut draft: Draft, topics: Vec<String>, done: &mut Vec<Found>) {
        let program = self.types.program;
        let rule = self.index.rule(draft.matched.rule);
        if self.excluded(eval, &draft) {
            return;
        }
        if !draft.moved
            && let Some((_, Value::Made(made))) = draft.parts.iter().find(|(p, _)| *p == Part::Origin)
        {
            draft.place = made.site;
        }
        let handlers = handlers::told(eval, rule, &draft.parts);
        let parts: Vec<(Part, Value)> = draft.parts;
        // Nothing tells what the code gives: a rule may end with what the library takes then.
        let topics = match rule.topic.last().map(|s| &s.start) {
            Some(Start::Literal(text)) if topics.is_empty() => vec![text.clone()],
            _ => topics,
        };
        let topic_value = parts.iter().find(|(p, v)| *p == Part::Topic && !v.is_unset()).map(|(_, v)| v);
        let relays =
            topic_value.is_some_and(|v| super::resolve::is_decoded(v) || matches!(v, Value::Field(..)));
        let given = topic_value.is_some();
        let mut expression = topic_value.map(|v| v.render(program)).unwrap_or_default();
        if topics.is_empty()
            && !draft.moved
            && let Some(text) = rule.topic.first().and_then(|s| source_text(program, draft.matched.site, s))
        {
            expression = text;
        }
        let names: Vec<Option<TopicName>> = if rule.topic.is_empty() {
            vec![None]
        } else if topics.is_empty() {
            let name = topic_value
                .map_or_else(|| super::symbol::UNKNOWN.to_owned(), |v| super::symbol::of(program, v));
            vec![Some(TopicName { name, resolved: false, expression })]
        } else {
            topics
                .into_iter()
                .map(|name| Some(TopicName { expression: name.clone(), name, resolved: true }))
                .collect()
        };
        for topic in names {
            let own = topic.as_ref().and_then(|topic| self.listed(eval, &parts, &topic.name, draft.place));
            done.push(Found {
                matched: draft.matched,
                others: Vec::new(),
                place: draft.place,
                topic,
                handlers: own.unwrap_or_else(|| handlers.clone()),
                parts: parts
                    .iter()
                    .filter(|(p, _)| {
                        !matches!(p, Part::Topic | Part::Handler | Part::Table | Part::Origin | Part::Unless)
                    })
                    .cloned()
                    .collect(),
                hops: draft.hops.clone(),
                alternative: draft.alternative,
                fallback: draft.fallback,
                relays,
                given,
                argument: draft.argument,
                by_field: draft.by_field,
            });
        }
    }
}

/// Whether a value says nothing and nobody can add to it.
fn nothing(value: &Value) -> bool {
    match value {
        Value::Unset | Value::Opaque(_) => true,
        Value::Field(base, _) | Value::Element(base) => nothing(base),
        Value::List(items) | Value::OneOf(items) => items.iter().all(nothing),
        _ => false,
    }
}

/// The text of the argument a selector points into, as the code has it.
fn source_text(program: &super::program::Program, site: Site, selector: &Selector) -> Option<String> {
    let Start::Arg(index) = selector.start else { return None };
    let facts = program.facts(site.file);
    let Expr::Call { args, .. } = facts.expr(site.expr) else { return None };
    let &arg = facts.list(args).get(index)?;
    Some(program.render(Site { file: site.file, expr: arg }))
}

fn parts(eval: &Eval<'_>, site: Site, rule: &Rule, argument: Option<usize>) -> Vec<(Part, Value)> {
    let mut parts = Vec::new();
    if rule.topic.first().is_some_and(|s| s.start == Start::Receiver) {
        parts.extend(kept_under(eval, site).map(|key| (Part::Topic, key)));
    }
    let mut add = |part: Part, selectors: &[Selector]| {
        for selector in selectors {
            let value = match (&selector.start, argument) {
                (Start::ArgsFrom(_), Some(at)) => {
                    select(eval, site, &Selector { start: Start::Arg(at), steps: selector.steps.clone() })
                }
                _ => select(eval, site, selector),
            };
            // A selector may lead to the options of another call of that name: they are no name, and
            // what is given in them says nothing of the topic.
            let options = part == Part::Topic && matches!(value, Value::Object(_));
            parts.push((part, if options { Value::Unset } else { value }));
        }
    };
    add(Part::Topic, &rule.topic);
    add(Part::Handler, &rule.handler);
    add(Part::Table, table(rule).as_slice());
    add(Part::Group, &rule.group);
    add(Part::DeadLetter, &rule.dead_letter);
    add(Part::EventTypes, &rule.event_types);
    add(Part::Route, &rule.route);
    add(Part::Key, &rule.key);
    add(Part::Ttl, &rule.ttl);
    add(Part::Payload, &rule.value);
    rule.unless.iter().for_each(|(selector, _)| add(Part::Unless, std::slice::from_ref(selector)));
    if rule.topic.first().is_some_and(|s| s.start == Start::Receiver && !s.steps.is_empty()) {
        let receiver = Selector { start: Start::Receiver, steps: Vec::new() };
        parts.push((Part::Origin, select(eval, site, &receiver)));
    }
    parts
}

/// One endpoint per place, topic and outermost call: several handlers or library calls behind it
/// are gathered. Outermost calls stay apart because they may run in different services.
fn merge(found: Vec<Found>) -> Vec<Found> {
    let mut out: Vec<Found> = Vec::new();
    for item in found {
        match out.iter_mut().rev().take_while(|f| f.place == item.place).find(|f| {
            f.topic == item.topic && f.hops.first() == item.hops.first() && f.argument == item.argument
        }) {
            Some(same) => {
                same.others.push(item.matched);
                same.parts.extend(item.parts.into_iter().filter(|(part, _)| *part == Part::Group));
                same.by_field |= item.by_field;
                item.handlers.iter().for_each(|handler| add_function(&mut same.handlers, handler));
            }
            None => out.push(item),
        }
    }
    out
}
