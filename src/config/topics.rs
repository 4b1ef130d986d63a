//! Which topics an audit looks at, by glob.

use regex::Regex;

/// A pattern over topic names: `*` is any run of characters, `?` one, `{a,b}` either.
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    regex: Regex,
}

impl Glob {
    /// Reads a pattern; the error says what is wrong with it.
    pub fn new(text: &str) -> Result<Glob, String> {
        let mut pattern = String::from("^(?:");
        let mut in_braces = false;
        for c in text.chars() {
            match c {
                '*' => pattern.push_str(".*"),
                '?' => pattern.push('.'),
                '{' if in_braces => return Err("braces inside braces".to_owned()),
                '{' => {
                    in_braces = true;
                    pattern.push_str("(?:");
                }
                '}' if in_braces => {
                    in_braces = false;
                    pattern.push(')');
                }
                ',' if in_braces => pattern.push('|'),
                '}' => return Err("a closing brace that nothing opens".to_owned()),
                c => pattern.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            }
        }
        if in_braces {
            return Err("a brace that nothing closes".to_owned());
        }
        if text.is_empty() {
            return Err("an empty pattern".to_owned());
        }
        pattern.push_str(")$");
        let regex = Regex::new(&pattern).map_err(|error| error.to_string())?;
        Ok(Glob { text: text.to_owned(), regex })
    }

    /// Whether a name fits.
    pub fn matches(&self, name: &str) -> bool {
        self.regex.is_match(name)
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The topics an audit looks at: all, unless told otherwise.
#[derive(Debug, Clone, Default)]
pub struct TopicFilter {
    /// When there are any, a topic must fit one.
    pub include: Vec<Glob>,
    /// A topic must fit none.
    pub exclude: Vec<Glob>,
}

impl TopicFilter {
    /// Whether the audit looks at this topic.
    pub fn admits(&self, topic: &str) -> bool {
        (self.include.is_empty() || self.include.iter().any(|glob| glob.matches(topic)))
            && !self.exclude.iter().any(|glob| glob.matches(topic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        let cases = [
            ("payment.*", "payment.captured", true),
            ("payment.*", "payments", false),
            ("payment.*", "the.payment.captured", false),
            ("*.dlq", "orders.dlq", true),
            ("order-?", "order-1", true),
            ("{a,b}.x", "b.x", true),
            ("{a,b}.x", "c.x", false),
            ("a+b", "a+b", true),
        ];
        for (glob, name, expected) in cases {
            assert_eq!(Glob::new(glob).unwrap().matches(name), expected, "{glob} {name}");
        }
        for bad in ["", "{a", "a}", "{a{b}}"] {
            assert!(Glob::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn exclusion_wins() {
        let filter = TopicFilter {
            include: vec![Glob::new("order.*").unwrap()],
            exclude: vec![Glob::new("*.cancelled").unwrap()],
        };
        assert!(filter.admits("order.created"));
        assert!(!filter.admits("order.cancelled"));
        assert!(!filter.admits("payment.captured"));
        assert!(TopicFilter::default().admits("anything"));
    }
}
