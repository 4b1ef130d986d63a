//! Which services have tests that hand their handlers a message: tests name a handler, its type or what
//! makes it, or the topic or event that they send.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::Answer;
use crate::audit::{Audit, Evidence, ItemState, Service};
use crate::checklist::judge::so_many;
use crate::checklist::search::QUOTED;
use crate::read::Repository;

/// Names that half of all handlers have: alone they tell nothing.
const COMMON: [&str; 22] = [
    "handle",
    "handler",
    "handlers",
    "consumers",
    "msg",
    "func",
    "process",
    "consume",
    "consumer",
    "execute",
    "run",
    "receive",
    "call",
    "apply",
    "on",
    "do",
    "event",
    "message",
    "events",
    "messages",
    "each",
    "http",
];

/// A name that says which handler is meant: of the function, else of its type.
fn telling(handler: &str) -> Option<&str> {
    let parts: Vec<&str> = handler.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let tells = |name: &str| {
        let words = words_of(name);
        words.len() > 1 && words.iter().any(|word| !COMMON.contains(&word.as_str()))
    };
    let mut last = parts.iter().rev();
    let function = last.next().filter(|name| tells(name));
    function.or_else(|| last.next().filter(|name| tells(name))).copied()
}

/// A call of a handler by the name of its function alone, where that says that something is handled.
fn beside(handler: &str) -> Option<String> {
    const HANDS_OVER: [&str; 5] = ["handle", "process", "consume", "receive", "on"];
    let function = handler.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    let says = words_of(function).iter().any(|word| HANDS_OVER.contains(&word.as_str()));
    says.then(|| format!(r"\.{}\(", regex::escape(function)))
}

/// `HandleOrderPaid` and `handle_order_paid` as words in small letters.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c == '_' || c.is_uppercase() && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c != '_'
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether each service that consumes has a test that hands one of its handlers a message.
pub(super) fn handlers_tested(audit: &Audit, scope: &[&Service], repository: &Repository) -> Answer {
    let services = &repository.services;
    let owner = |path: &str| services.owner_of(path).map(|index| services.list[index].name.as_str());
    let consuming: Vec<&&Service> = scope.iter().filter(|s| s.consumer).collect();
    let (mut evidence, mut without, mut untested) = (Vec::new(), Vec::new(), Vec::new());
    for service in &consuming {
        let mine = audit.consumers.iter().filter(|c| c.service == service.name);
        let names: BTreeSet<&str> = mine.clone().filter_map(|c| telling(&c.handler.name)).collect();
        let handlers = RegexSet::new(names.iter().map(|name| called(name))).unwrap_or_default();
        let heard = mine.flat_map(|c| c.event_types.iter().chain(c.topic.resolved.then_some(&c.topic.name)));
        let heard: BTreeSet<String> = heard.filter_map(|name| spelled(name)).collect();
        let heard = RegexSet::new(heard).unwrap_or_default();
        // A test of another service is about a handler of the same name there.
        let tests =
            || repository.tests.iter().filter(|path| owner(path).is_none_or(|name| name == service.name));
        let handled = || tests().find_map(|path| names_any(repository, path, &handlers, None));
        // Beside a handler, in its own folder, its plain name is enough.
        let beside = || {
            let mine = audit.consumers.iter().filter(|c| c.service == service.name);
            mine.filter_map(|c| Some((parent(&c.handler.path), beside(&c.handler.name)?))).find_map(
                |(folder, call)| {
                    let call = RegexSet::new([call]).unwrap_or_default();
                    let mut near = tests().filter(|path| parent(path) == folder);
                    near.find_map(|path| names_any(repository, path, &call, None))
                },
            )
        };
        let sent = || tests().find_map(|path| names_any(repository, path, &heard, Some(&SENDS)));
        if let Some(found) = handled().or_else(sent).or_else(beside) {
            evidence.push(found);
        } else if tests().any(|path| owner(path).is_some()) {
            without.push(service.name.as_str());
        } else {
            untested.push(service.name.as_str());
        }
    }
    if consuming.is_empty() {
        return (ItemState::NotApplicable, "No service that consumes was seen.".to_owned(), Vec::new());
    }
    let all = so_many(consuming.len(), ["consumes", "consume"]);
    let mut note =
        format!("Tests name a handler, or send what one listens to, in {} of the {all}", evidence.len());
    if !without.is_empty() {
        let _ = write!(note, "; what the tests of {} drive was not seen", without.join(", "));
    }
    if !untested.is_empty() {
        let _ = write!(note, "; no test file was seen in {}", untested.join(", "));
    }
    // A test may go another way to a handler: only where there is none it is sure that there is none.
    let state = match (untested.is_empty(), without.is_empty()) {
        (true, true) => ItemState::Met,
        (true, false) => ItemState::Open,
        (false, _) => ItemState::Unmet,
    };
    (state, format!("{note}."), evidence)
}

/// The folder of a file.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What a test calls to hand a message over.
static SENDS: LazyLock<Regex> = LazyLock::new(|| {
    let calls = r"(?i)\b(publish|send|emit|produce|deliver|dispatch|handle|consume|process|receive|xadd|enqueue)\w*\(";
    Regex::new(calls).expect("a pattern")
});

/// A name in code, as it is or with what makes one of it.
fn called(name: &str) -> String {
    let mut rest = name.chars();
    let Some(first) = rest.next() else { return String::new() };
    let (upper, rest) = (first.to_uppercase(), regex::escape(rest.as_str()));
    format!(r"\b({}|(New|new_|Make|Create)({first}|{upper})){rest}(\b|_)", regex::escape(&first.to_string()))
}

/// The words of a topic or a type of event in a row, however they are joined; `None` for a single one, which
/// may stand for anything.
fn spelled(name: &str) -> Option<String> {
    let parts = name.split(|c: char| !c.is_alphanumeric()).flat_map(words_of);
    let parts: Vec<String> = parts.map(|word| regex::escape(&word)).collect();
    (parts.len() > 1).then(|| format!(r"(?i)\b{}", parts.join("[^A-Za-z0-9]?")))
}

/// The first line of a file that has one of these words, when the file holds a call besides that does what
/// is asked.
fn names_any(
    repository: &Repository,
    path: &str,
    words: &RegexSet,
    calls: Option<&Regex>,
) -> Option<Evidence> {
    if words.is_empty() {
        return None;
    }
    let bytes = std::fs::read(repository.root.join(path)).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    if calls.is_some_and(|calls| !calls.is_match(&text)) {
        return None;
    }
    let (index, line) = text.lines().enumerate().find(|(_, line)| words.is_match(line))?;
    let note = line.trim().chars().take(QUOTED).collect();
    Some(Evidence { path: path.to_owned(), line: index as u32 + 1, role: "file".to_owned(), note })
}

#[cfg(test)]
mod tests {
    use super::telling;

    #[test]
    fn a_name_that_all_handlers_have_tells_none() {
        assert_eq!(telling("OrderConsumer.HandleOrderPaid"), Some("HandleOrderPaid"));
        assert_eq!(telling("OrderConsumer.Handle"), Some("OrderConsumer"));
        assert_eq!(telling("handle_message"), None);
        assert_eq!(telling("Consumer.Consume"), None);
        assert_eq!(telling("module.init"), None);
        assert_eq!(telling("orders::handle"), None);
    }
}
