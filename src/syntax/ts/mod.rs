//! TypeScript and JavaScript, with and without JSX: oxc parses, this folder turns its tree into
//! facts.
//!
//! What the model has no word for is written with the words it has. A name that an import binds
//! is a member of that import; `new C(x)` is a call of the class; a base class is an embedded
//! field; parameter properties and initialisers are assignments; destructuring is one assignment a
//! name; statements outside of functions make a function of their own; `process.env.X` is a call
//! that is given the variable's name.

mod class;
mod expr;
mod lower;
mod module;
mod pattern;
mod stmt;
#[cfg(test)]
mod tests;
mod types;

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::Parser;
use oxc_span::SourceType;

use super::Bodies;
pub use class::INITIALISER;

use super::build::Builder;
use super::deep;
use super::facts::{Directive, Facts, Lang};
use lower::Lower;

/// What a file says. `path` tells by its extension how it is to be read. Takes any bytes; a file
/// that cannot be parsed has a [`Problem`](super::facts::Problem) and nothing else.
pub fn parse(source: &[u8], path: &str, bodies: Bodies) -> Facts {
    let text = String::from_utf8_lossy(source);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    deep::with_stack(text.as_bytes(), || read(text, path, bodies)).unwrap_or_else(|message| {
        let mut builder = Builder::new(Lang::TypeScript, 0);
        builder.facts.lines = deep::lines(text);
        builder.problem(message, 0);
        builder.finish()
    })
}

fn read(text: &str, path: &str, bodies: Bodies) -> Facts {
    let name = path.rsplit('/').next().unwrap_or(path);
    let kinds = source_types(name);
    let mut problem = None;
    for kind in kinds {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, text, kind).parse();
        if !parsed.panicked {
            return facts(&parsed.program, text, bodies, name.ends_with(".d.ts"));
        }
        if problem.is_none() {
            problem = parsed.diagnostics.iter().next().map(|found| {
                let at = found.labels.iter().next().map_or(0, oxc_span::LabeledSpan::offset);
                (found.message.to_string(), at)
            });
        }
    }
    let mut builder = Builder::new(Lang::TypeScript, 0);
    builder.facts.lines = deep::lines(text);
    let (message, at) = problem.unwrap_or_else(|| ("not a script".to_owned(), 0));
    builder.problem(message, at);
    builder.finish()
}

/// How a file may be meant, by its name, the likeliest first.
fn source_types(name: &str) -> Vec<SourceType> {
    let first = if name.ends_with(".d.ts") {
        SourceType::d_ts()
    } else {
        SourceType::from_path(name).unwrap_or_else(|_| SourceType::tsx())
    };
    let mut kinds = vec![first];
    if first.is_typescript() {
        kinds.push(SourceType::tsx());
    } else {
        // What React and Next.js keep in `.js`, then scripts with types in them: `<T>value` is
        // no element only where there are no elements.
        kinds.extend([SourceType::jsx(), SourceType::tsx(), SourceType::ts()]);
    }
    // Modules that are no modules.
    kinds.push(SourceType::cjs());
    kinds
}

fn facts(program: &Program<'_>, text: &str, bodies: Bodies, declares: bool) -> Facts {
    let bodies = if declares { Bodies::Skip } else { bodies };
    let mut lower = Lower::new(text, bodies);
    lower.b.facts.lines = deep::lines(text);
    for comment in &program.comments {
        let said = &text[comment.span.start as usize..comment.span.end as usize];
        if said.contains("flowaudit:") {
            let directive = Directive { text: said.to_owned(), pos: comment.span.start };
            lower.b.facts.directives.push(directive);
        }
    }
    lower.program(program);
    lower.b.finish()
}
