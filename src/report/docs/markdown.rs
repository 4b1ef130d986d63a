//! Text that stays what it is inside markdown, and markdown that looks as if written by hand.

use crate::report::words;

/// Text in a sentence or a cell: what markdown would take for markup is escaped.
pub fn text(text: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        // Inside of a word an underscore is no markup.
        let inside = before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric());
        before = c;
        match c {
            '_' if inside => out.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' => {
                out.push('\\');
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}

/// A sentence in which code stands between backticks: the code stays code, the rest is text.
pub fn prose(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return text(sentence);
    }
    let part = |(index, part): (usize, &&str)| if index % 2 == 1 { code(part) } else { text(part) };
    parts.iter().enumerate().map(part).collect()
}

/// Text as inline code, fit for a cell.
pub fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    if text.is_empty() {
        return String::new();
    }
    let fence = words::fence(&text, 1);
    if text.contains('`') { format!("{fence} {text} {fence}") } else { format!("{fence}{text}{fence}") }
}

/// Takes blanks off the ends of lines and more than one empty line together, outside of code.
pub fn tidy(text: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<String> = None;
    let mut empty = 0;
    for line in text.lines() {
        let ticks: String = line.trim_start().chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) => {
                if ticks.len() >= open.len() && line.trim() == ticks {
                    fence = None;
                }
                out.push_str(line);
                out.push('\n');
                continue;
            }
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {}
        }
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 && !(line.is_empty() && out.is_empty()) {
            out.push_str(line);
            out.push('\n');
        }
    }
    let length = out.trim_end().len();
    out.truncate(length);
    out.push('\n');
    out
}

/// The anchor that code hosts give a heading.
pub fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_a_sentence_stays_code() {
        let cases = [
            ("Say `services: [{name: a}]` here.", "Say `services: [{name: a}]` here."),
            ("a*b `c|d`", "a\\*b `c\\|d`"),
            ("one ` alone", "one \\` alone"),
            ("", ""),
        ];
        for (given, expected) in cases {
            assert_eq!(prose(given), expected);
        }
    }
}
