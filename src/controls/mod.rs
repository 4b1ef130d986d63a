//! Controls: from the flow to statuses, evidence, weaknesses and findings.
//!
//! Every control has the same shape: what the path shows is reduced to signals, a decision table
//! turns them into a status, and each weakness becomes a finding. It knows nothing of files or
//! output formats.

mod assemble;
mod topics;

pub use assemble::judge;
