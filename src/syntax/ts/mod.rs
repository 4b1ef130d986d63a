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
use super::facts::{Directive, Facts, Lang};
use lower::Lower;

/// Brackets nested deeper than this need a stack of their own.
const NESTED: usize = 120;
/// Alternatives (`else`, `?`, `=>`) and prefix operators nest without brackets; so many of them in
/// a file may need a stack of their own, too.
const CHAINED: usize = 1_500;
/// Beyond this a file is not read.
const TOO_DEEP: usize = 2_000;
/// Size of that stack in bytes. It is reserved, not used.
const STACK: usize = 256 << 20;

/// What a file says. `path` tells by its extension how it is to be read. Takes any bytes; a file
/// that cannot be parsed has a [`Problem`](super::facts::Problem) and nothing else.
pub fn parse(source: &[u8], path: &str, bodies: Bodies) -> Facts {
    let text = String::from_utf8_lossy(source);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (nested, chained) = depth(text.as_bytes());
    if nested > TOO_DEEP || chained > TOO_DEEP * 50 {
        let mut builder = Builder::new(Lang::TypeScript, 0);
        builder.facts.lines = lines(text);
        builder.problem("nested too deeply to be read", 0);
        return builder.finish();
    }
    if nested <= NESTED && chained <= CHAINED {
        return read(text, path, bodies);
    }
    std::thread::scope(|scope| {
        let reader =
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || read(text, path, bodies));
        reader.ok().and_then(|reader| reader.join().ok())
    })
    .unwrap_or_else(|| {
        let mut builder = Builder::new(Lang::TypeScript, 0);
        builder.facts.lines = lines(text);
        builder.problem("could not be read", 0);
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
    builder.facts.lines = lines(text);
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
    // Scripts with types in them, and modules that are no modules.
    let rest = if first.is_typescript() { SourceType::tsx() } else { SourceType::ts() };
    vec![first, rest, SourceType::cjs()]
}

fn facts(program: &Program<'_>, text: &str, bodies: Bodies, declares: bool) -> Facts {
    let bodies = if declares { Bodies::Skip } else { bodies };
    let mut lower = Lower::new(text, bodies);
    lower.b.facts.lines = lines(text);
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

fn lines(text: &str) -> Vec<u32> {
    let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1);
    std::iter::once(0).chain(breaks).collect()
}

/// How deep brackets nest, and how many words and operators there are that nest without brackets.
/// Strings and comments are counted in: it is a bound, not a reading.
fn depth(source: &[u8]) -> (usize, usize) {
    let (mut open, mut deepest, mut chained) = (0_usize, 0_usize, 0_usize);
    let mut run = 0_usize;
    let mut before = b' ';
    for (i, &byte) in source.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' | b'<' => {
                // `<` opens a type argument only sometimes; nothing is lost by counting it.
                open += usize::from(byte != b'<');
                deepest = deepest.max(open);
            }
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b'?' => chained += 1,
            b'>' if before == b'=' => chained += 1,
            b'e' if source[i..].starts_with(b"else") => chained += 1,
            _ => {}
        }
        run = if matches!(byte, b'!' | b'~' | b'-' | b'+' | b'<' | b' ') {
            run + usize::from(byte != b' ')
        } else {
            0
        };
        deepest = deepest.max(run.saturating_mul(2).saturating_sub(NESTED));
        before = byte;
    }
    (deepest, chained)
}
