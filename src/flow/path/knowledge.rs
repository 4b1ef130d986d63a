//! What is found out while paths are followed and holds for every path of a service: what expressions
//! hold, which methods a value has, who listens to which event. Whoever follows many paths of one
//! service keeps it from one to the next.

use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::{Closure, Eval, Flow, Fn, Trace, Tracer, Value};
use crate::flow::endpoints::method_handler;
use crate::flow::resolve::everything;
use crate::flow::select::select;
use crate::flow::value::add_function;
use crate::rules::Role;

/// How far the handlers of observers and mediators are looked for.
const DEPTH: u8 = 5;

/// What is known of the code that a service runs.
pub struct Knowledge<'f, 'a> {
    /// The flow.
    pub flow: &'f Flow<'a>,
    /// The service; `None` for whatever runs anywhere.
    pub service: Option<usize>,
    /// Evaluation.
    pub(super) eval: Eval<'a>,
    /// Methods that calls on a value go to, by the value and the name.
    pub(super) methods: RefCell<FxHashMap<(Value, Arc<str>), Closures>>,
    /// The functions that a value may be.
    pub(super) functions: RefCell<FxHashMap<Value, Closures>>,
    /// The events that observers are registered for, each with the registration.
    subscriptions: OnceCell<Vec<(Vec<Arc<str>>, usize)>>,
    /// The handlers of a registration of an observer.
    observers: RefCell<FxHashMap<usize, Closures>>,
    /// The handlers that mediators know.
    mediated: OnceCell<Vec<Arc<Closure>>>,
    /// What functions do, by how many calls were followed.
    traces: RefCell<Traces>,
}

/// What functions do, by how many calls were followed.
type Traces = FxHashMap<(Fn, Option<u32>), Rc<Trace>>;

/// Functions, in order.
pub(super) type Closures = Arc<[Arc<Closure>]>;

impl<'f, 'a> Knowledge<'f, 'a> {
    /// Nothing yet.
    pub fn new(flow: &'f Flow<'a>, service: Option<usize>) -> Knowledge<'f, 'a> {
        Knowledge {
            flow,
            service,
            eval: Eval::new(flow.types),
            methods: RefCell::default(),
            functions: RefCell::default(),
            subscriptions: OnceCell::new(),
            observers: RefCell::default(),
            mediated: OnceCell::new(),
            traces: RefCell::default(),
        }
    }

    /// What a function does, whoever calls it, with at most `depth` calls followed; each is followed once.
    pub fn trace(&self, func: Fn, depth: Option<u32>) -> Rc<Trace> {
        let key = (func, depth);
        if let Some(known) = self.traces.borrow().get(&key) {
            return known.clone();
        }
        let trace = Rc::new(Tracer::new(self, depth).trace(&Closure::plain(func)));
        self.traces.borrow_mut().insert(key, trace.clone());
        trace
    }

    /// Whether code of a file is not another service's.
    pub(super) fn same_service(&self, file: u32) -> bool {
        match (self.service, self.flow.attribution.owner(file)) {
            (Some(service), Some(owner)) => service == owner,
            _ => true,
        }
    }

    /// The handlers registered for one of these events.
    pub(super) fn observers(&self, names: &[Arc<str>]) -> Vec<Arc<Closure>> {
        let subscriptions = self.subscriptions.get_or_init(|| self.subscriptions());
        let mut found: Vec<Arc<Closure>> = Vec::new();
        for (topics, at) in subscriptions {
            if !topics.iter().any(|topic| names.contains(topic)) {
                continue;
            }
            let known = self.observers.borrow().get(at).cloned();
            let handlers = known.unwrap_or_else(|| {
                let handlers: Closures = self.handlers_of(*at).into();
                self.observers.borrow_mut().insert(*at, handlers.clone());
                handlers
            });
            handlers.iter().for_each(|handler| add_function(&mut found, handler));
        }
        found
    }

    fn subscriptions(&self) -> Vec<(Vec<Arc<str>>, usize)> {
        let all = self.flow.matches.iter().enumerate().filter(|(_, m)| {
            self.flow.index.rule(m.rule).role == Role::ObserverSubscribe && self.same_service(m.site.file)
        });
        all.map(|(at, m)| {
            let topics = &self.flow.index.rule(m.rule).topic;
            let names = topics.iter().flat_map(|topic| select(&self.eval, m.site, topic).strings());
            (names.collect(), at)
        })
        .collect()
    }

    /// The handlers that mediators know.
    pub(super) fn mediated(&self) -> &[Arc<Closure>] {
        self.mediated.get_or_init(|| {
            let registers =
                |at: &usize| self.flow.index.rule(self.flow.matches[*at].rule).role == Role::MediatorRegister;
            (0..self.flow.matches.len()).filter(registers).flat_map(|at| self.handlers_of(at)).collect()
        })
    }

    /// The handlers that the match at this position registers.
    fn handlers_of(&self, at: usize) -> Vec<Arc<Closure>> {
        let m = &self.flow.matches[at];
        let selectors = &self.flow.index.rule(m.rule).handler;
        let items = selectors.iter().flat_map(|selector| select(&self.eval, m.site, selector).items());
        items
            .flat_map(|item| everything(&self.eval, &self.flow.graph, &item, DEPTH))
            .filter_map(|value| match value {
                Value::Func(closure) => Some(closure),
                other => method_handler(&self.eval, &other),
            })
            .collect()
    }
}
