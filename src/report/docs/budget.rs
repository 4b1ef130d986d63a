//! What a template of the user's may use up: the filters that [`super::bound`] puts into it count,
//! and refuse what goes past a bound.
//!
//! The engine bounds neither the turns of loops nor what they keep on their way, so a template of a
//! few lines could fill the memory or go round for ever. The bounds are per document and far above
//! what a document needs: the largest of the built-in ones takes some thousands of turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tera::{Kwargs, State, Tera, Value};

/// The turns of all loops together.
const MAX_TURNS: usize = 4_000_000;

/// Bytes that are made on the way: written, captured, joined, or copied by a filter. Documents
/// themselves are at most an eighth of it.
const MAX_MADE: usize = 128 << 20;

/// Bytes that are gone through, compared, sorted or searched.
const MAX_SEEN: usize = 4 << 30;

/// Bytes of a text, or elements of a list, that a template may keep under a name.
const MAX_VALUE: usize = 1 << 20;

/// As many bytes kept cost as much as a turn.
const BYTES_A_TURN: usize = 1 << 10;

/// Lists in lists in lists; what holds more would overflow the stack of who goes through it.
const MAX_DEPTH: usize = 64;

/// How much longer it takes to copy an element than to look at it.
const COPIED: usize = 8;

/// What a value takes beside its text.
const VALUE: usize = 32;

/// A filter of the engine or of ours whose cost depends on what it is given: what it makes, as a
/// multiple of the text it gets.
const FILTERS: &[(&str, usize)] = &[
    ("safe", 1),
    ("upper", 3),
    ("lower", 3),
    ("wordcount", 1),
    ("escape", 6),
    ("escape_html", 6),
    ("escape_xml", 6),
    ("newlines_to_br", 4),
    ("trim", 1),
    ("trim_start", 1),
    ("trim_end", 1),
    ("replace", 6),
    ("capitalize", 3),
    ("title", 3),
    ("truncate", 1),
    ("indent", 1),
    ("str", 1),
    ("reverse", 1),
    ("split", 1),
    ("join", 6),
    ("sort", 1),
    ("unique", 1),
    ("values", 1),
    ("keys", 1),
    ("pairs", 3),
    ("group_by", 1),
    ("code", 2),
    ("text", 6),
    ("prose", 6),
    ("anchor", 2),
];

/// Whether there is a counting filter beside the one of this name: `bounded_` stands before it.
pub(super) fn is_counted(filter: &str) -> bool {
    FILTERS.iter().any(|(name, _)| *name == filter)
}

/// What a template has used up.
#[derive(Debug, Clone, Default)]
pub(super) struct Budget(Arc<Used>);

#[derive(Debug, Default)]
struct Used {
    turns: AtomicUsize,
    made: AtomicUsize,
    seen: AtomicUsize,
}

impl Budget {
    /// A new document begins.
    pub(super) fn reset(&self) {
        for used in [&self.0.turns, &self.0.made, &self.0.seen] {
            used.store(0, Ordering::Relaxed);
        }
    }

    /// Registers the counting filters.
    pub(super) fn register(&self, tera: &mut Tera) {
        let used = Arc::clone(&self.0);
        tera.register_filter("bounded_loop", move |value: &Value, _: Kwargs, _: &State| {
            used.turn(value.len().unwrap_or(0))?;
            Ok::<_, tera::Error>(value.clone())
        });
        for (name, factor) in [("bounded_value", 1), ("bounded_literal", COPIED)] {
            let used = Arc::clone(&self.0);
            tera.register_filter(name, move |value: &Value, _: Kwargs, _: &State| {
                let size = value.as_str().map_or_else(|| value.len().unwrap_or(0), str::len);
                if size > MAX_VALUE {
                    let kib = MAX_VALUE >> 10;
                    return Err(tera::Error::message(format!("what is kept here is larger than {kib} KiB")));
                }
                used.see(factor * size_of(value)?)?;
                used.turn(1 + size / BYTES_A_TURN)?;
                Ok(value.clone())
            });
        }
        let used = Arc::clone(&self.0);
        tera.register_filter("bounded_look", move |value: &Value, _: Kwargs, _: &State| {
            used.see(size_of(value)?)?;
            Ok::<_, tera::Error>(value.clone())
        });
        let used = Arc::clone(&self.0);
        tera.register_filter("bounded_slice", move |value: &Value, _: Kwargs, _: &State| {
            // The letters of a text are counted one by one.
            let factor = if value.is_string() { 8 * COPIED } else { COPIED };
            used.see(factor * size_of(value)?)?;
            Ok::<_, tera::Error>(value.clone())
        });
        // The text of a part of a template that is about to be written.
        let used = Arc::clone(&self.0);
        tera.register_filter("bounded_body", move |length: usize, _: Kwargs, _: &State| {
            used.make(length)?;
            Ok::<_, tera::Error>(false)
        });
        let used = Arc::clone(&self.0);
        tera.register_filter("bounded_write", move |value: &Value, _: Kwargs, _: &State| {
            used.make(size_of(value)?)?;
            Ok::<_, tera::Error>(value.clone())
        });
        for &(name, factor) in FILTERS {
            let used = Arc::clone(&self.0);
            let counted = move |value: &Value, kwargs: Kwargs, state: &State| {
                used.filter(name, factor, value, &kwargs)?;
                state.call_filter(name, value, kwargs)
            };
            tera.register_filter(format!("bounded_{name}"), counted);
        }
    }
}

impl Used {
    fn turn(&self, turns: usize) -> Result<(), tera::Error> {
        take(&self.turns, turns, MAX_TURNS, || {
            format!("the loops of this document go round more than {MAX_TURNS} times")
        })
    }

    fn make(&self, bytes: usize) -> Result<(), tera::Error> {
        take(&self.made, bytes, MAX_MADE, || {
            format!("this document makes more than {} MiB on its way", MAX_MADE >> 20)
        })
    }

    fn see(&self, bytes: usize) -> Result<(), tera::Error> {
        take(&self.seen, bytes, MAX_SEEN, || {
            format!("this document goes through more than {} GiB of values", MAX_SEEN >> 30)
        })
    }

    /// Counts what a filter makes before it does.
    fn filter(&self, name: &str, factor: usize, value: &Value, kwargs: &Kwargs) -> Result<(), tera::Error> {
        let size = size_of(value)?;
        let length = value.len().unwrap_or(0);
        let text = value.as_str().unwrap_or_default();
        let given = |key: &'static str| kwargs.get::<&str>(key).ok().flatten();
        let made = match name {
            "replace" => {
                let found = given("from").map_or(0, |from| text.matches(from).count());
                size.saturating_add(found.saturating_mul(given("to").map_or(0, str::len)))
            }
            "indent" => {
                let width = kwargs.get::<usize>("width").ok().flatten().unwrap_or(4).min(1000);
                size.saturating_add(text.lines().count().saturating_mul(4 * width))
            }
            "split" => size + 2 * VALUE * given("pat").map_or(0, |pat| text.matches(pat).count()),
            "join" => size.saturating_add(length.saturating_mul(given("sep").map_or(0, str::len))),
            "reverse" | "sort" | "unique" | "values" | "keys" | "pairs" | "group_by" => {
                // Elements are shared, not copied; looking for each among the others takes long.
                let pairs = if name == "unique" { length.saturating_mul(length) } else { 0 };
                self.see(size.saturating_add(pairs.saturating_mul(VALUE)))?;
                text.len() + VALUE * length
            }
            _ => size,
        };
        self.make(made.saturating_mul(factor))
    }
}

fn take(used: &AtomicUsize, more: usize, most: usize, why: impl Fn() -> String) -> Result<(), tera::Error> {
    if used.fetch_add(more, Ordering::Relaxed).saturating_add(more) > most {
        // So that what follows cannot wrap round.
        used.store(most, Ordering::Relaxed);
        return Err(tera::Error::message(why()));
    }
    Ok(())
}

/// Bytes of a value with all that it holds, as often as it holds it.
fn size_of(value: &Value) -> Result<usize, tera::Error> {
    let mut size = 0;
    add(value, 0, &mut size)?;
    Ok(size)
}

fn add(value: &Value, depth: usize, size: &mut usize) -> Result<(), tera::Error> {
    if depth > MAX_DEPTH {
        return Err(tera::Error::message(format!("lists and maps are nested deeper than {MAX_DEPTH}")));
    }
    *size += VALUE;
    if let Some(text) = value.as_str() {
        *size += text.len();
    }
    // Nothing that is larger can be afforded.
    let is_past = |size: &usize| *size > MAX_SEEN / 16;
    for element in value.as_array().unwrap_or_default() {
        if is_past(size) {
            break;
        }
        add(element, depth + 1, size)?;
    }
    for (key, element) in value.as_map().into_iter().flatten() {
        if is_past(size) {
            break;
        }
        *size += key.as_str().map_or(VALUE, str::len);
        add(element, depth + 1, size)?;
    }
    Ok(())
}
