//! Syntax: one file in, facts out. Knows no rules and no other file.

pub mod build;
pub mod cargo;
mod deep;
pub mod directive;
#[cfg(test)]
mod dump;
pub mod env;
pub mod facts;
pub mod go;
pub mod gomod;
pub mod hcl;
pub mod node;
pub mod reader;
pub mod rust;
pub mod sql;
pub mod ts;
pub mod yaml;

/// Whether function bodies are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bodies {
    /// Read everything.
    Full,
    /// Declarations only (generated files): every body is `None`.
    Skip,
}
