//! Names of things that are found elsewhere: what a configuration says of them can only be checked
//! by those who know what there is.

use super::Config;
use crate::syntax::reader::{Mistake, closest};
use crate::syntax::yaml::Node;

/// How many names a message lists; more would bury what is wrong.
const LISTED: usize = 8;

/// A place of the configuration that names something found elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The name.
    pub name: String,
    /// Line in the configuration, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl Mention {
    pub(super) fn new(at: &Node, name: &str) -> Mention {
        Mention { name: name.to_owned(), line: at.line, column: at.column }
    }
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// A service, named without its folder.
    Service,
    /// A rule file to switch on.
    RuleFile,
    /// A rule or a rule file to switch off.
    Rule,
    /// A rule whose findings are waived.
    Waived,
    /// The checklist of an audit.
    Checklist,
    /// The item that an attestation is about.
    Item,
    /// The template of an audit.
    Template,
}

impl Names {
    fn missing(self, name: &str) -> String {
        match self {
            Names::Service => format!("no service `{name}` was found"),
            Names::RuleFile => format!("there is no rule file `{name}`"),
            Names::Rule => format!("there is no rule or rule file `{name}`"),
            Names::Waived => format!("there is no rule `{name}` to waive"),
            Names::Checklist => format!("there is no checklist `{name}`"),
            Names::Item => format!("there is no checklist item `{name}`"),
            Names::Template => format!("there is no template `{name}`"),
        }
    }

    /// What to write instead when nothing comes near.
    fn expected(self, known: &[&str]) -> String {
        match self {
            Names::Service => "; give its `path` under `services`".to_owned(),
            Names::RuleFile | Names::Rule => "; `flowaudit rules list` lists them".to_owned(),
            _ if known.is_empty() || known.len() > LISTED => String::new(),
            _ => format!("; there are: `{}`", known.join("`, `")),
        }
    }
}

impl Config {
    /// The names of one kind that are not among `known`.
    pub fn unknown(&self, names: Names, known: &[&str]) -> Vec<Mistake> {
        let mentioned = self.mentions.iter().filter(|(kind, _)| *kind == names).map(|(_, mention)| mention);
        let unknown = mentioned.filter(|mention| !known.contains(&mention.name.as_str()));
        let mistake = |mention: &Mention| {
            let suggestion = closest(&mention.name, known).map(str::to_owned);
            let expected = if suggestion.is_some() { String::new() } else { names.expected(known) };
            Mistake {
                line: mention.line,
                column: mention.column,
                message: names.missing(&mention.name) + &expected,
                suggestion,
            }
        };
        unknown.map(mistake).collect()
    }

    /// Whether something of this kind is named at all.
    pub fn mentions_any(&self, names: Names) -> bool {
        self.mentions.iter().any(|(kind, _)| *kind == names)
    }
}
