//! flowaudit reads a monorepo of services and decides, from evidence in the code, whether its
//! event flows are safe.
//!
//! Data flows one way: `source` walks the tree and finds the services, `syntax` turns each file
//! into language-neutral facts, `rules` says which library calls mean what, `flow` joins facts
//! and rules into consumers, publishers, topics and call paths, `controls` turns those into
//! statuses with evidence, `report` and `gate` present and judge them, and `cli` alone prints.

pub mod cli;
pub mod rules;
pub mod syntax;
