//! Rust: syn parses, this folder turns its tree into facts.
//!
//! What the model has no word for is written with the words it has. `Result<T, E>` is a pair of a
//! value and an error, as a Go function gives it: `Ok(x)` returns both, `Err(e)` the error, a
//! `match` or `if let` on one compares the error with nothing. `Option<T>` is a value that may be
//! nothing. What only wraps a value (`Arc`, `Box`, `&`, `.clone()`) is the value. Blocks and
//! matches that are values are statements before the use. A name that a `use` brings in is a member
//! of that import, an associated function belongs to its type.

mod body;
mod expr;
mod item;
mod lower;
mod macros;
mod pattern;
#[cfg(test)]
mod tests;
mod types;

use super::Bodies;
use super::build::Builder;
use super::deep;
use super::facts::{Directive, Facts, Lang};
use lower::Lower;

/// What a file says. Takes any bytes; a file that cannot be parsed has a
/// [`Problem`](super::facts::Problem) and nothing else.
pub fn parse(source: &[u8], bodies: Bodies) -> Facts {
    let text = String::from_utf8_lossy(source);
    let failed = |message: &str, pos: u32| {
        let mut builder = Builder::new(Lang::Rust, 0);
        builder.facts.lines = deep::lines(&text);
        builder.problem(message, pos);
        builder.finish()
    };
    let read = deep::with_stack(text.as_bytes(), || read(&text, bodies));
    match read {
        Ok(Ok(facts)) => facts,
        Ok(Err((message, pos))) => failed(&message, pos),
        Err(message) => failed(message, 0),
    }
}

fn read(text: &str, bodies: Bodies) -> Result<Facts, (String, u32)> {
    let parsed = syn::parse_file(text).map_err(|error| {
        let pos = error.span().byte_range().start as u32;
        (error.to_string(), pos)
    });
    let facts = parsed.map(|file| {
        let mut lower = Lower::new(text, bodies);
        lower.b.facts.lines = deep::lines(text);
        lower.b.facts.directives = directives(text);
        lower.file(&file);
        lower.b.finish()
    });
    // Positions are kept by thread, for all files it has read.
    proc_macro2::extra::invalidate_current_thread_spans();
    facts
}

/// Comments that speak to the tool; the parser drops comments.
fn directives(text: &str) -> Vec<Directive> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("flowaudit:").map(|at| at + from) {
        let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
        let end = text[at..].find('\n').map_or(text.len(), |end| end + at);
        if let Some(start) = text[line..at].find("//") {
            let pos = line + start;
            found.push(Directive { text: text[pos..end].to_owned(), pos: pos as u32 });
        }
        from = end;
    }
    found
}
