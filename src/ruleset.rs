//! The rules that a configuration puts in force: the built-in ones, the user's own, and what is
//! switched on and off.

mod explain;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::{Config, ConfigError, Mention, Names};
use crate::rules::{Detector, RuleFile, RuleProblem, RuleSet, builtin_files, load};
use crate::syntax::reader::Mistake;

pub use explain::{explain, ids, state};

/// Why there are no rules.
#[derive(Debug)]
pub enum RulesError {
    /// A file cannot be read.
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// Rule files have mistakes; all of them, in order of file and place.
    Invalid(Vec<RuleProblem>),
    /// The configuration names rules that are not there.
    Unknown(ConfigError),
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RulesError::Unreadable { path, why } => {
                write!(f, "cannot read the rules {}: {why}", path.display())
            }
            RulesError::Invalid(problems) => {
                let files: BTreeSet<&str> = problems.iter().map(|p| p.file.as_str()).collect();
                let plural = |number, one, many| if number == 1 { one } else { many };
                write!(
                    f,
                    "{} {} in {} rule {}",
                    problems.len(),
                    plural(problems.len(), "mistake", "mistakes"),
                    files.len(),
                    plural(files.len(), "file", "files"),
                )
            }
            RulesError::Unknown(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RulesError {}

/// The rules in force under a configuration.
pub fn in_force(config: &Config) -> Result<RuleSet, RulesError> {
    let mut rules = all(config)?;
    rules.detectors.retain_mut(|detector| {
        if !is_on(config, detector) {
            return false;
        }
        detector.rules.retain(|rule| !names(&config.rules.disable, &rule.id));
        detector.manifests.retain(|rule| !names(&config.rules.disable, &rule.id));
        true
    });
    Ok(rules)
}

/// Every rule that could be in force: also opt-in rules that nobody asked for, and those that
/// the configuration switches off.
pub fn all(config: &Config) -> Result<RuleSet, RulesError> {
    let rules = load_all(config)?;
    config.refuse(unknown(config, &rules)).map_err(RulesError::Unknown)?;
    Ok(rules)
}

/// The same for a configuration whose names have not been looked up.
pub fn load_all(config: &Config) -> Result<RuleSet, RulesError> {
    let mut files = builtin_files();
    files.extend(read_files(&config.rules.paths)?);
    load(&files).map_err(RulesError::Invalid)
}

/// Whether the configuration has this rule file in force, as a whole.
pub fn is_on(config: &Config, detector: &Detector) -> bool {
    let asked = !detector.opt_in || names(&config.rules.enable, &detector.id);
    asked && !names(&config.rules.disable, &detector.id)
}

fn names(list: &[Mention], id: &str) -> bool {
    list.iter().any(|mention| mention.name == id)
}

/// Reads the files and folders of `paths`, in order of name.
pub fn read_files(paths: &[PathBuf]) -> Result<Vec<RuleFile>, RulesError> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files).map_err(|why| RulesError::Unreadable { path: path.clone(), why })?;
    }
    Ok(files)
}

/// Reads a rule file, or every rule file in a folder and below it, in order of name.
fn collect(path: &Path, files: &mut Vec<RuleFile>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(RuleFile {
            path: path.display().to_string(),
            text: fs::read_to_string(path)?,
            builtin: false,
        });
        return Ok(());
    }
    let mut inside: Vec<PathBuf> =
        fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    inside.sort();
    for path in inside {
        // A linked folder could lead round in a circle.
        let is_folder = path.is_dir() && !path.is_symlink();
        let is_rules = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
        if is_folder || (is_rules && path.is_file()) {
            collect(&path, files)?;
        }
    }
    Ok(())
}

/// Rules that are switched on or off and do not exist: misspellings.
pub fn unknown(config: &Config, rules: &RuleSet) -> Vec<Mistake> {
    let files: Vec<&str> = rules.detectors.iter().map(|d| d.id.as_str()).collect();
    let each = rules.detectors.iter().flat_map(|detector| {
        let code = detector.rules.iter().map(|rule| rule.id.as_str());
        code.chain(detector.manifests.iter().map(|rule| rule.id.as_str()))
    });
    let both: Vec<&str> = files.iter().copied().chain(each).collect();
    let mut mistakes = config.unknown(Names::RuleFile, &files);
    mistakes.extend(config.unknown(Names::Rule, &both));
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mention(name: &str) -> Mention {
        Mention { name: name.to_owned(), line: 3, column: 7 }
    }

    fn ids(rules: &RuleSet) -> Vec<&str> {
        rules.detectors.iter().map(|d| d.id.as_str()).collect()
    }

    #[test]
    fn opt_in_rules_wait_for_the_configuration() {
        let mut config = Config::default();
        let plain = in_force(&config).unwrap();
        assert!(!ids(&plain).contains(&"webhook"));
        config.rules.enable = vec![mention("webhook")];
        assert!(ids(&in_force(&config).unwrap()).contains(&"webhook"));
        assert_eq!(ids(&all(&Config::default()).unwrap()), ids(&all(&config).unwrap()));
    }

    #[test]
    fn a_rule_or_a_whole_file_can_be_switched_off() {
        let mut config = Config::default();
        let before = in_force(&config).unwrap();
        let kafka = |rules: &RuleSet| {
            let found = rules.detectors.iter().find(|d| d.id == "segmentio-kafka");
            found.map(|detector| detector.rules.len())
        };
        config.rules.disable = vec![mention("segmentio-kafka.read"), mention("sarama")];
        let after = in_force(&config).unwrap();
        assert_eq!(kafka(&after), kafka(&before).map(|number| number - 1));
        assert!(!ids(&after).contains(&"sarama"));
    }

    #[test]
    fn misspelt_ids_are_refused_with_their_place() {
        let mentions =
            vec![(Names::RuleFile, mention("webhok")), (Names::Rule, mention("segmentio-kafka.raed"))];
        let config = Config { mentions, ..Config::default() };
        let error = in_force(&config).unwrap_err();
        let RulesError::Unknown(ConfigError::Invalid { mistakes, .. }) = error else {
            panic!("{error}");
        };
        let meant: Vec<Option<&str>> = mistakes.iter().map(|m| m.suggestion.as_deref()).collect();
        assert_eq!(meant, [Some("webhook"), Some("segmentio-kafka.read")]);
        assert_eq!((mistakes[0].line, mistakes[0].column), (3, 7));
    }

    #[test]
    fn the_users_rules_are_read_from_files_and_folders() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("more")).unwrap();
        fs::write(dir.path().join("notes.txt"), "not rules").unwrap();
        fs::write(dir.path().join("more/off.yaml"), "id: sarama\nenabled: false\n").unwrap();
        let mut config = Config::default();
        config.rules.paths = vec![dir.path().to_owned()];
        assert!(!ids(&in_force(&config).unwrap()).contains(&"sarama"));

        fs::write(dir.path().join("bad.yaml"), "id: [\n").unwrap();
        let error = in_force(&config).unwrap_err();
        assert!(matches!(error, RulesError::Invalid(_)), "{error}");
        assert!(error.to_string().ends_with("in 1 rule file"), "{error}");

        config.rules.paths = vec![dir.path().join("gone.yaml")];
        assert!(matches!(in_force(&config), Err(RulesError::Unreadable { .. })));
    }
}
