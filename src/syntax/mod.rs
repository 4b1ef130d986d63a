//! Syntax: one file in, facts out. Knows no rules and no other file.

pub mod facts;
pub mod reader;
pub mod yaml;
