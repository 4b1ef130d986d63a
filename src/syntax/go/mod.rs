//! Go, by a parser of our own: the parser decides how fast the audit is, and the facts need
//! neither a syntax tree nor comments nor types. A differential test holds it against a full one.

mod lexer;
mod literal;
mod parser;
#[cfg(test)]
mod tests;

use super::facts::Facts;

pub use super::Bodies;

/// What a Go file says. Takes any bytes; what does not parse becomes a [`Problem`] and the rest
/// of the file is still read.
///
/// [`Problem`]: super::facts::Problem
pub fn parse(source: &[u8], bodies: Bodies) -> Facts {
    parser::parse(source, bodies)
}
