//! Controls: from the flow to statuses, evidence, weaknesses and findings.
//!
//! Every control has the same shape: what the path shows (`scan`) is reduced to signals, a
//! decision table (`table`, `rules/controls/*.yaml`) turns them into a status, and each weakness
//! becomes a finding. `service` rolls consumers up. It knows nothing of output formats.

mod assemble;
mod cache;
mod copies;
mod dead_letter;
mod delivery;
mod encoded;
pub mod explain;
mod fields_set;
mod finding;
mod fresh_keys;
mod idempotency;
mod inventory;
mod join;
mod observing;
mod outbox;
mod payload;
mod received;
mod records;
mod relay;
mod sagas;
mod scan;
mod schema;
mod schema_files;
mod service;
mod stale;
mod steps;
mod table;
mod tally;
mod topics;
mod untested;
mod verdict;

pub use assemble::judge;
pub use join::join;
pub use tally::{control_of, finding_rules, is_gap, is_service_waived, is_waived, tally, waived_gaps};
pub use topics::covers;
