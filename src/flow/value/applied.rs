//! A call of something that is not known yet: what is called and what it is given wait together until
//! the caller's side is put in.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{Free, Needs, Value, hash_of};
use crate::flow::program::Site;

/// A call whose result is not known yet.
#[derive(Debug, Eq)]
pub struct Applied {
    hash: u64,
    /// Whose parameters or receiver it depends on.
    pub needs: Needs,
    /// The first it depends on.
    pub free: Option<Free>,
    /// What is called; for a fold, the list of what is called in turn.
    pub callee: Value,
    /// What it is given.
    pub args: Arc<[Value]>,
    /// The last of them is a list of several.
    pub spread: bool,
    /// Which of its results.
    pub index: u32,
    /// How a list is gone through.
    pub fold: Option<Fold>,
    /// The call.
    pub site: Site,
}

/// A list of functions of which each is given what the one before it gave
/// (`for _, wrap := range wrappers { handler = wrap(handler) }`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fold {
    /// The argument that is what the one before gave.
    pub at: u32,
    /// The last of the list comes first.
    pub backward: bool,
}

impl PartialEq for Applied {
    fn eq(&self, other: &Applied) -> bool {
        let own = |call: &Applied| (call.hash, call.site, call.index, call.fold, call.spread);
        own(self) == own(other)
    }
}

impl Hash for Applied {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Applied {
    /// A call of `callee` at `site`.
    pub fn new(callee: Value, args: Arc<[Value]>, index: u32, site: Site) -> Applied {
        Applied {
            hash: 0,
            needs: Needs::NONE,
            free: None,
            callee,
            args,
            spread: false,
            index,
            fold: None,
            site,
        }
        .settled()
    }

    /// The same whose last argument is a list of several, or not.
    #[must_use]
    pub fn spread(self, spread: bool) -> Applied {
        Applied { spread, ..self }.settled()
    }

    /// The same for each of a list in turn.
    #[must_use]
    pub fn folded(self, fold: Fold) -> Applied {
        Applied { fold: Some(fold), ..self }.settled()
    }

    /// What is converted, where a type is called.
    pub fn conversion(&self) -> Option<&Value> {
        match (&self.callee, &self.args[..]) {
            (Value::Typed(_), [of]) => Some(of),
            _ => None,
        }
    }

    /// The same with other parts.
    #[must_use]
    pub fn with(&self, callee: Value, args: Arc<[Value]>) -> Applied {
        let Applied { spread, index, fold, site, .. } = *self;
        Applied { spread, fold, ..Applied::new(callee, args, index, site) }.settled()
    }

    /// The same as called at another place.
    #[must_use]
    pub fn at(&self, site: Site) -> Applied {
        Applied { site, ..self.with(self.callee.clone(), self.args.clone()) }.settled()
    }

    /// Settles what it depends on, when its parts are in place.
    fn settled(mut self) -> Applied {
        let parts = || std::iter::once(&self.callee).chain(self.args.iter());
        self.needs = parts().map(Value::needs).collect();
        self.free = parts().find_map(Value::free);
        self.hash = hash_of((self.site, self.index, self.fold, &self.callee, &self.args));
        self
    }
}
