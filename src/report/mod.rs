//! Report: an audit into words. Knows nothing of how anything was decided, nor of flags.

pub mod explain;
pub mod json;
pub mod table;

mod words;
