//! Which functions a value waits for: those whose parameters or receiver it holds as symbols.
//!
//! A value is put together once and then carried up a path on which each step supplies one function's
//! arguments. Most steps have nothing to do with it; the set tells so without looking inside.

use std::hash::{Hash, Hasher};
use std::ops::BitOr;

use rustc_hash::FxHasher;

use crate::flow::program::Fn;

/// A set of functions, one bit for each: it may hold more than was put in, never less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs(u64);

impl Needs {
    /// No function: the value is what it is.
    pub const NONE: Needs = Needs(0);

    /// Any function: what a closure captures is not known before the function around it is.
    pub const ANY: Needs = Needs(u64::MAX);

    /// This function alone.
    pub fn of(func: Fn) -> Needs {
        let mut hasher = FxHasher::default();
        func.hash(&mut hasher);
        // The upper bits of this hash are the mixed ones.
        Needs(1 << (hasher.finish() >> 58))
    }

    /// Whether nothing is in it.
    pub fn is_none(self) -> bool {
        self == Needs::NONE
    }

    /// Whether `func` may be in it.
    pub fn may_hold(self, func: Fn) -> bool {
        self.0 & Needs::of(func).0 != 0
    }
}

impl BitOr for Needs {
    type Output = Needs;

    fn bitor(self, other: Needs) -> Needs {
        Needs(self.0 | other.0)
    }
}

impl FromIterator<Needs> for Needs {
    fn from_iter<I: IntoIterator<Item = Needs>>(all: I) -> Needs {
        all.into_iter().fold(Needs::NONE, Needs::bitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::facts::FuncId;

    #[test]
    fn holds_what_was_put_in() {
        let funcs = (0..8).flat_map(|file| (0..8).map(move |func| Fn { file, func: FuncId(func) }));
        let all: Vec<Fn> = funcs.collect();
        let half: Needs = all.iter().step_by(2).map(|&func| Needs::of(func)).collect();
        assert!(all.iter().step_by(2).all(|&func| half.may_hold(func)));
        assert!(all.iter().all(|&func| Needs::ANY.may_hold(func) && !Needs::NONE.may_hold(func)));
        // Bits are spread: two functions seldom share one.
        let shared = all.iter().filter(|&&func| Needs::of(func).may_hold(all[0])).count();
        assert!(shared < 8, "{shared} of {} share a bit", all.len());
    }
}
