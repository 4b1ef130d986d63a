//! Syntax: one file in, facts out. Knows no rules and no other file.

pub mod build;
pub mod directive;
#[cfg(test)]
mod dump;
pub mod env;
pub mod facts;
pub mod go;
pub mod gomod;
pub mod reader;
pub mod sql;
pub mod yaml;
