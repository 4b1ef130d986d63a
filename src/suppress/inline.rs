//! The grammar of an ignore: `flowaudit:ignore[RULE, RULE] until=YYYY-MM-DD -- reason`.

use crate::audit::Date;
use crate::syntax::reader::closest;

/// An ignore that can be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Ignore {
    /// The rules it silences; at least one.
    pub rules: Vec<String>,
    /// Last day it holds.
    pub until: Option<Date>,
    /// Why; not empty.
    pub reason: String,
}

impl Ignore {
    /// Reads a directive that begins with `flowaudit:`; the error is a clause that says what is
    /// wrong. `rules` is where suggestions come from, `known` has the last word.
    pub fn read(text: &str, rules: &[String], known: &dyn Fn(&str) -> bool) -> Result<Ignore, String> {
        let Some(rest) = text.strip_prefix("flowaudit:ignore") else {
            let word: String = text.chars().take_while(|c| !c.is_whitespace() && *c != '[').collect();
            return Err(format!("`{word}` is unknown; there is `flowaudit:ignore`"));
        };
        let rest = rest.trim_start();
        let Some((list, rest)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
            return Err("the rules in brackets are missing".to_owned());
        };
        let rules = self::rules(list, rules, known)?;
        let Some((options, reason)) = rest.split_once("--") else {
            return Err("the reason after `--` is missing".to_owned());
        };
        let reason = reason.trim();
        if reason.is_empty() {
            return Err("the reason after `--` is empty".to_owned());
        }
        Ok(Ignore { rules, until: until(options)?, reason: reason.to_owned() })
    }
}

fn rules(list: &str, rules: &[String], known: &dyn Fn(&str) -> bool) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for rule in list.split(',').map(str::trim) {
        if rule.is_empty() {
            return Err("a rule in the brackets is empty".to_owned());
        }
        if !known(rule) {
            let names: Vec<&str> = rules.iter().map(String::as_str).collect();
            let meant = closest(rule, &names).map(|near| format!("; did you mean `{near}`?"));
            return Err(format!("there is no rule `{rule}`{}", meant.unwrap_or_default()));
        }
        if !found.iter().any(|other| other == rule) {
            found.push(rule.to_owned());
        }
    }
    Ok(found)
}

fn until(options: &str) -> Result<Option<Date>, String> {
    let options = options.trim();
    if options.is_empty() {
        return Ok(None);
    }
    let Some(text) = options.strip_prefix("until=") else {
        return Err(format!("`{options}` is unknown; expected `until=YYYY-MM-DD` or `-- reason`"));
    };
    match Date::parse(text.trim()) {
        Some(date) => Ok(Some(date)),
        None => Err(format!("`{}` is no day; expected YYYY-MM-DD", text.trim())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Ignore, String> {
        let rules = ["no-dead-letter", "no-idempotency"].map(str::to_owned);
        Ignore::read(text, &rules, &|rule| rules.iter().any(|r| r == rule))
    }

    #[test]
    fn rules_and_reason_are_required_and_the_day_is_not() {
        let full =
            read("flowaudit:ignore[no-dead-letter, no-idempotency] until=2026-12-31 -- replayed -- by hand");
        let full = full.unwrap();
        assert_eq!(full.rules, ["no-dead-letter", "no-idempotency"]);
        assert_eq!(full.until, Date::parse("2026-12-31"));
        assert_eq!(full.reason, "replayed -- by hand");
        let short = read("flowaudit:ignore [no-dead-letter,no-dead-letter] --x").unwrap();
        assert_eq!((short.rules.len(), short.until), (1, None));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            ("flowaudit:ignore", "the rules in brackets are missing"),
            ("flowaudit:ignore no-dead-letter -- x", "the rules in brackets are missing"),
            ("flowaudit:ignore[] -- x", "a rule in the brackets is empty"),
            (
                "flowaudit:ignore[no-dead-leter] -- x",
                "there is no rule `no-dead-leter`; did you mean `no-dead-letter`?",
            ),
            ("flowaudit:ignore[no-dead-letter]", "the reason after `--` is missing"),
            ("flowaudit:ignore[no-dead-letter] -- ", "the reason after `--` is empty"),
            (
                "flowaudit:ignore[no-dead-letter] until=tomorrow -- x",
                "`tomorrow` is no day; expected YYYY-MM-DD",
            ),
            (
                "flowaudit:ignore[no-dead-letter] because -- x",
                "`because` is unknown; expected `until=YYYY-MM-DD` or `-- reason`",
            ),
            (
                "flowaudit:ignroe[no-dead-letter] -- x",
                "`flowaudit:ignroe` is unknown; there is `flowaudit:ignore`",
            ),
        ];
        for (text, why) in cases {
            assert_eq!(read(text), Err(why.to_owned()), "{text}");
        }
    }
}
