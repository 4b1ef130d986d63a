//! Selectors: a small path language that says where in a matched call something is.
//!
//! `arg0.Topic` is field `Topic` of the first argument; `recv.arg0.Topic` field `Topic` of the
//! first argument of the call that made the receiver; `arg1[]` each element of the second
//! argument; `opt(ConsumeTopics).arg0...` every argument of the option `ConsumeTopics(…)`.
//! The text form and the parsed form correspond one to one.

use std::fmt;
use std::str::FromStr;

/// The highest index that is believed to be meant.
const MOST_ARGUMENTS: usize = 99;

/// Where a selector begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// `argN`: an argument, 0-based, context included.
    Arg(usize),
    /// `argN...`: each argument from N on.
    ArgsFrom(usize),
    /// `last`: the last argument.
    LastArg,
    /// `recv`: what the method is called on.
    Receiver,
    /// `self`: the matched composite literal, or the call's result.
    Itself,
    /// `typeargN`: a type argument.
    TypeArg(usize),
    /// `enclosing`: the function the match stands in (receive loops).
    Enclosing,
    /// `enclosing(Name)`: the function around the call of method `Name` on the same receiver, else on
    /// one of its type, in the same package (where subscribing and receiving stand apart).
    EnclosingCall(String),
    /// `sibling(Name)`: the calls of method `Name` on the same receiver in the same file.
    Sibling(String),
    /// `package(Name)`: the calls of method `Name` in the same package.
    Package(String),
    /// `beside(Field.Other)`: field `Other` of the literal in the same function whose field `Field` is
    /// given the first argument.
    Beside(String, String),
    /// `after("text")`: the argument that follows the constant argument `text`.
    After(String),
    /// `decorated`: the class or method that a matched decorator stands on.
    Decorated,
    /// `opt(Name)`: the call of option function `Name` among the arguments.
    Option(String),
    /// `column(name)`: what a SQL insert puts into this column, for SQL matches.
    Column(String),
    /// `"text"`: a constant.
    Literal(String),
}

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `.Name`: field, or method value where a handler is wanted.
    Field(String),
    /// `[]`: each element of a list (or each value of a map).
    Each,
    /// `[keys]`: each key of a map.
    EachKey,
    /// `[half]`: each element of the first half of a list (names before their positions).
    FirstHalf,
    /// `["key"]`: the value under a constant key of a map literal.
    Key(String),
    /// `.argN`: an argument of the call that made the value.
    Arg(usize),
    /// `.argN...`: each argument from N on of the call that made the value.
    ArgsFrom(usize),
    /// `.recv`: the receiver of the call that made the value; after `enclosing`, of that method.
    Receiver,
    /// `.opt(Name)`: the option call among the arguments of the call that made the value.
    Option(String),
    /// `.from(a|b)`: the value, if a call of a package or function of one of these names made it.
    From(String),
    /// `.Name()`: what method `Name` of the value's type returns, when that is a constant.
    Method(String),
    /// `.type`: the name of the value's type (of a function, its signature).
    TypeName,
    /// `.decorator(Name)`: the decorator `Name` of a method, of its class, or of a class.
    Decorator(String),
    /// `.typeargN`: a type argument of the call (or type) that made the value.
    TypeArg(usize),
}

/// A path from a match to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// Where it begins.
    pub start: Start,
    /// How it goes on.
    pub steps: Vec<Step>,
}

/// Why a text is no selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectorError {
    /// How many characters into the text.
    pub offset: usize,
    /// What was expected there.
    pub message: String,
}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.message, self.offset + 1)
    }
}

impl std::error::Error for SelectorError {}

impl Selector {
    /// Reads a selector.
    pub fn parse(text: &str) -> Result<Selector, SelectorError> {
        let mut scanner = Scanner { text, at: 0 };
        let start = scanner.start()?;
        let mut steps = Vec::new();
        while !scanner.rest().is_empty() {
            steps.push(scanner.step()?);
        }
        Ok(Selector { start, steps })
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Selector::parse(text)
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

/// A word of a path, before it is known to begin or to continue one.
enum Word<'t> {
    Arg(usize),
    ArgsFrom(usize),
    TypeArg(usize),
    Option(&'t str),
    Decorator(&'t str),
    From(&'t str),
    Method(&'t str),
    Name(&'t str),
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn error<T>(&self, at: usize, message: impl Into<String>) -> Result<T, SelectorError> {
        Err(SelectorError { offset: self.text[..at].chars().count(), message: message.into() })
    }

    fn start(&mut self) -> Result<Start, SelectorError> {
        const EXPECTED: &str = "expected `argN`, `argN...`, `last`, `recv`, `self`, `typeargN`, `enclosing`, `enclosing(Name)`, `decorated`, `sibling(Name)`, `beside(Field.Other)`, `after(\"text\")`, `opt(Name)`, `column(name)` or a \"text\"";
        if self.rest().starts_with('"') {
            return Ok(Start::Literal(self.quoted()?.to_owned()));
        }
        let at = self.at;
        if !self.rest().starts_with(is_name_character) {
            return self.error(at, EXPECTED);
        }
        if self.take("after(") {
            if !self.rest().starts_with('"') {
                return self.error(self.at, "expected a \"text\"");
            }
            let text = self.quoted()?.to_owned();
            if !self.take(")") {
                return self.error(self.at, "expected `)`");
            }
            return Ok(Start::After(text));
        }
        if self.take("sibling(") {
            return self.named("a method").map(Start::Sibling);
        }
        if self.take("package(") {
            return self.named("a method").map(Start::Package);
        }
        if self.take("enclosing(") {
            return self.named("a method").map(Start::EnclosingCall);
        }
        if self.take("beside(") {
            let field = self.name().to_owned();
            if field.is_empty() || !self.take(".") {
                return self.error(self.at, "expected the name of a field and `.`");
            }
            return self.named("a field").map(|other| Start::Beside(field, other));
        }
        if self.take("column(") {
            return self.named("a column").map(Start::Column);
        }
        Ok(match self.word()? {
            Word::Arg(index) => Start::Arg(index),
            Word::ArgsFrom(index) => Start::ArgsFrom(index),
            Word::TypeArg(index) => Start::TypeArg(index),
            Word::Option(name) => Start::Option(name.to_owned()),
            Word::Decorator(_) => {
                return self.error(at, format!("a selector cannot begin with `decorator`; {EXPECTED}"));
            }
            Word::From(_) => {
                return self.error(at, format!("a selector cannot begin with `from`; {EXPECTED}"));
            }
            Word::Name("last") => Start::LastArg,
            Word::Name("recv") => Start::Receiver,
            Word::Name("self") => Start::Itself,
            Word::Name("enclosing") => Start::Enclosing,
            Word::Name("decorated") => Start::Decorated,
            Word::Name(name) => {
                return self.error(at, format!("a selector cannot begin with `{name}`; {EXPECTED}"));
            }
            Word::Method(name) => {
                return self.error(at, format!("a selector cannot begin with `{name}()`; {EXPECTED}"));
            }
        })
    }

    /// A name and the parenthesis behind it.
    fn named(&mut self, what: &str) -> Result<String, SelectorError> {
        let name = self.name().to_owned();
        if name.is_empty() || !self.take(")") {
            return self.error(self.at, format!("expected the name of {what} and `)`"));
        }
        Ok(name)
    }

    fn step(&mut self) -> Result<Step, SelectorError> {
        let at = self.at;
        if self.take("[]") {
            return Ok(Step::Each);
        }
        if self.take("[keys]") {
            return Ok(Step::EachKey);
        }
        if self.take("[half]") {
            return Ok(Step::FirstHalf);
        }
        if self.take("[") {
            if !self.rest().starts_with('"') {
                return self.error(self.at, "expected `]`, `keys]`, `half]` or a \"key\"");
            }
            let key = self.quoted()?.to_owned();
            if !self.take("]") {
                return self.error(self.at, "expected `]`");
            }
            return Ok(Step::Key(key));
        }
        if !self.take(".") {
            return self.error(at, "expected `.` or `[`");
        }
        Ok(match self.word()? {
            Word::Arg(index) => Step::Arg(index),
            Word::ArgsFrom(index) => Step::ArgsFrom(index),
            Word::TypeArg(index) => Step::TypeArg(index),
            Word::Option(name) => Step::Option(name.to_owned()),
            Word::From(names) => Step::From(names.to_owned()),
            Word::Decorator(name) => Step::Decorator(name.to_owned()),
            Word::Method(name) => Step::Method(name.to_owned()),
            Word::Name("recv") => Step::Receiver,
            Word::Name("type") => Step::TypeName,
            Word::Name(name) => Step::Field(name.to_owned()),
        })
    }

    fn word(&mut self) -> Result<Word<'t>, SelectorError> {
        let at = self.at;
        let name = self.name();
        if name.is_empty() {
            return self.error(at, "expected a name");
        }
        if name == "opt" && self.take("(") {
            let option_at = self.at;
            let option = self.name();
            if option.is_empty() {
                return self.error(option_at, "expected the name of an option function");
            }
            if !self.take(")") {
                return self.error(self.at, "expected `)`");
            }
            return Ok(Word::Option(option));
        }
        if name == "decorator" && self.take("(") {
            let decorator = self.name();
            if decorator.is_empty() || !self.take(")") {
                return self.error(self.at, "expected the name of a decorator and `)`");
            }
            return Ok(Word::Decorator(decorator));
        }
        if name == "from" && self.rest().starts_with('(') && !self.rest().starts_with("()") {
            self.at += 1;
            let names = self.names();
            if names.split('|').any(str::is_empty) {
                return self.error(self.at, "expected the name of a package or function");
            }
            if !self.take(")") {
                return self.error(self.at, "expected `)`");
            }
            return Ok(Word::From(names));
        }
        if self.take("()") {
            return Ok(Word::Method(name));
        }
        let Some((prefix, index)) = numbered(name) else {
            return Ok(Word::Name(name));
        };
        if index > MOST_ARGUMENTS {
            return self.error(at, format!("no call has as many arguments as `{name}` asks for"));
        }
        Ok(match prefix {
            "typearg" => Word::TypeArg(index),
            _ if self.take("...") => Word::ArgsFrom(index),
            _ => Word::Arg(index),
        })
    }

    fn name(&mut self) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|character| !is_name_character(character)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn names(&mut self) -> &'t str {
        let rest = self.rest();
        let is_part = |character| is_name_character(character) || character == '|';
        let length = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn quoted(&mut self) -> Result<&'t str, SelectorError> {
        let at = self.at;
        let rest = &self.rest()[1..];
        let Some(length) = rest.find('"') else {
            return self.error(at, "this quote is not closed");
        };
        self.at += length + 2;
        Ok(&rest[..length])
    }
}

/// `arg12` is `("arg", 12)`; a name that is not numbered, or not as numbers are written, is a name.
fn numbered(name: &str) -> Option<(&'static str, usize)> {
    let prefix = ["arg", "typearg"].into_iter().find(|prefix| name.starts_with(prefix))?;
    let digits = &name[prefix.len()..];
    let canonical = digits == "0" || !digits.starts_with('0');
    if digits.is_empty() || !canonical || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((prefix, digits.parse().unwrap_or(usize::MAX)))
}

fn is_name_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.start {
            Start::Arg(index) => write!(f, "arg{index}")?,
            Start::ArgsFrom(index) => write!(f, "arg{index}...")?,
            Start::LastArg => f.write_str("last")?,
            Start::Receiver => f.write_str("recv")?,
            Start::Itself => f.write_str("self")?,
            Start::TypeArg(index) => write!(f, "typearg{index}")?,
            Start::Enclosing => f.write_str("enclosing")?,
            Start::Option(name) => write!(f, "opt({name})")?,
            Start::Column(name) => write!(f, "column({name})")?,
            Start::Sibling(name) => write!(f, "sibling({name})")?,
            Start::Package(name) => write!(f, "package({name})")?,
            Start::Beside(field, other) => write!(f, "beside({field}.{other})")?,
            Start::EnclosingCall(name) => write!(f, "enclosing({name})")?,
            Start::After(text) => write!(f, "after(\"{text}\")")?,
            Start::Decorated => f.write_str("decorated")?,
            Start::Literal(text) => write!(f, "\"{text}\"")?,
        }
        for step in &self.steps {
            match step {
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Each => f.write_str("[]")?,
                Step::EachKey => f.write_str("[keys]")?,
                Step::FirstHalf => f.write_str("[half]")?,
                Step::Key(key) => write!(f, "[\"{key}\"]")?,
                Step::Arg(index) => write!(f, ".arg{index}")?,
                Step::ArgsFrom(index) => write!(f, ".arg{index}...")?,
                Step::Receiver => f.write_str(".recv")?,
                Step::Option(name) => write!(f, ".opt({name})")?,
                Step::From(names) => write!(f, ".from({names})")?,
                Step::Method(name) => write!(f, ".{name}()")?,
                Step::Decorator(name) => write!(f, ".decorator({name})")?,
                Step::TypeName => f.write_str(".type")?,
                Step::TypeArg(index) => write!(f, ".typearg{index}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name() -> impl Strategy<Value = String> {
        "[A-Za-z_][A-Za-z0-9_]{0,12}".prop_filter("a word of the language", |name| {
            !matches!(name.as_str(), "recv" | "type") && numbered(name).is_none()
        })
    }

    fn start() -> impl Strategy<Value = Start> {
        prop_oneof![
            (0..100usize).prop_map(Start::Arg),
            (0..100usize).prop_map(Start::ArgsFrom),
            Just(Start::LastArg),
            Just(Start::Receiver),
            Just(Start::Itself),
            (0..100usize).prop_map(Start::TypeArg),
            Just(Start::Enclosing),
            name().prop_map(Start::Option),
            name().prop_map(Start::Column),
            name().prop_map(Start::Sibling),
            name().prop_map(Start::Package),
            name().prop_map(Start::EnclosingCall),
            (name(), name()).prop_map(|(field, other)| Start::Beside(field, other)),
            Just(Start::Decorated),
            "[^\"]{0,12}".prop_map(Start::After),
            "[^\"]{0,12}".prop_map(Start::Literal),
        ]
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            name().prop_map(Step::Field),
            Just(Step::Each),
            Just(Step::EachKey),
            Just(Step::FirstHalf),
            "[^\"]{0,12}".prop_map(Step::Key),
            (0..100usize).prop_map(Step::Arg),
            (0..100usize).prop_map(Step::ArgsFrom),
            Just(Step::Receiver),
            name().prop_map(Step::Option),
            prop::collection::vec(name(), 1..3).prop_map(|names| Step::From(names.join("|"))),
            name().prop_map(Step::Method),
            name().prop_map(Step::Decorator),
            Just(Step::TypeName),
            (0..100usize).prop_map(Step::TypeArg),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(start in start(), steps in prop::collection::vec(step(), 0..6)) {
            let selector = Selector { start, steps };
            prop_assert_eq!(Selector::parse(&selector.to_string()), Ok(selector));
        }

        #[test]
        fn any_text_is_read_or_refused_within_itself(text in "(arg0|\\.|\\[|\\]|\"|opt\\(|\\)|recv|\\PC){0,12}") {
            match Selector::parse(&text) {
                Ok(selector) => prop_assert_eq!(selector.to_string(), text),
                Err(error) => prop_assert!(error.offset <= text.chars().count()),
            }
        }
    }

    #[test]
    fn mistakes_have_a_place() {
        let table = [
            ("", 0, "expected `argN`"),
            ("topic", 0, "cannot begin with `topic`"),
            ("arg0.", 5, "expected a name"),
            ("arg0..Topic", 5, "expected a name"),
            ("arg0Topic", 0, "cannot begin with `arg0Topic`"),
            ("arg0[1]", 5, "expected `]`"),
            ("arg0[\"a]", 5, "not closed"),
            ("arg0[\"a\"", 8, "expected `]`"),
            ("opt().arg0", 4, "name of an option"),
            ("opt(A.arg0", 5, "expected `)`"),
            ("recv.from(a|)", 12, "name of a package"),
            ("recv.from(a", 11, "expected `)`"),
            ("recv arg0", 4, "expected `.` or `[`"),
            ("arg7000", 0, "as many arguments"),
            ("\"é\"x", 3, "expected `.` or `[`"),
        ];
        for (text, offset, message) in table {
            let error = Selector::parse(text).expect_err(text);
            assert_eq!(error.offset, offset, "{text}: {error}");
            assert!(error.message.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn options_spread_and_methods_are_told_apart() {
        let parsed = Selector::parse("recv.opt(ConsumeTopics).arg0....Kind()").expect("a selector");
        assert_eq!(parsed.start, Start::Receiver);
        assert_eq!(
            parsed.steps,
            [Step::Option("ConsumeTopics".to_owned()), Step::ArgsFrom(0), Step::Method("Kind".to_owned()),]
        );
    }
}
