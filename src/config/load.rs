//! From a file named `flowaudit.yaml` to a checked [`Config`], or to every mistake in it.

use std::fs;
use std::path::{Path, PathBuf};

use super::parse::{inner_path, parse};
use super::{Config, FILE_NAME, Mention, Target, find};
use crate::syntax::reader::{Mistake, closest};

/// No configuration is this large; something else is.
const MAX_BYTES: u64 = 1 << 20;

/// Why there is no configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The file has mistakes; all of them, in order of place.
    Invalid {
        /// The file.
        path: PathBuf,
        /// The mistakes.
        mistakes: Vec<Mistake>,
    },
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ConfigError::Unreadable { path, why } => {
                write!(f, "cannot read the configuration {}: {why}", path.display())
            }
            ConfigError::Invalid { path, mistakes } => match mistakes.len() {
                1 => write!(f, "{} has a mistake", path.display()),
                number => write!(f, "{} has {number} mistakes", path.display()),
            },
        }
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Refuses names of services that are not among those found; to be asked after discovery.
    pub fn check_services(&self, found: &[String]) -> Result<(), ConfigError> {
        let known: Vec<&str> = found.iter().map(String::as_str).collect();
        let unknown = |mention: &&Mention| !found.contains(&mention.name);
        let mistakes: Vec<Mistake> = self
            .mentions
            .iter()
            .filter(unknown)
            .map(|mention| {
                let suggestion = closest(&mention.name, &known).map(str::to_owned);
                let advice = match suggestion {
                    Some(_) => "",
                    None => "; give its `path` under `services`",
                };
                Mistake {
                    line: mention.line,
                    column: mention.column,
                    message: format!("no service `{}` was found{advice}", mention.name),
                    suggestion,
                }
            })
            .collect();
        self.refuse(mistakes)
    }

    /// Refuses waivers of rules that do not exist; `rules` is where suggestions come from.
    pub fn check_waivers(&self, known: impl Fn(&str) -> bool, rules: &[String]) -> Result<(), ConfigError> {
        let names: Vec<&str> = rules.iter().map(String::as_str).collect();
        let unknown = self.waivers.iter().filter_map(|waiver| match &waiver.target {
            Target::Rule { rule, .. } if !known(rule) => Some(Mistake {
                line: waiver.line,
                column: waiver.column,
                message: format!("there is no rule `{rule}` to waive"),
                suggestion: closest(rule, &names).map(str::to_owned),
            }),
            _ => None,
        });
        self.refuse(unknown.collect())
    }

    /// Where the configuration is, as a path from the audited folder with `/`.
    pub fn path_from(&self, root: &Path) -> String {
        let plain = || FILE_NAME.to_owned();
        let (Some(file), Ok(root)) = (&self.path, root.canonicalize()) else {
            return plain();
        };
        let Ok(file) = file.canonicalize() else {
            return plain();
        };
        let shared = root.ancestors().find(|folder| file.starts_with(folder)).unwrap_or(&root);
        let up = root.components().count() - shared.components().count();
        let down = file.strip_prefix(shared).unwrap_or(Path::new(FILE_NAME)).to_string_lossy();
        format!("{}{}", "../".repeat(up), down.replace('\\', "/"))
    }

    /// Refuses the configuration for these mistakes, if there are any.
    pub fn refuse(&self, mistakes: Vec<Mistake>) -> Result<(), ConfigError> {
        if mistakes.is_empty() {
            return Ok(());
        }
        let path = shown(self.path.as_deref().unwrap_or(Path::new(FILE_NAME)));
        Err(ConfigError::Invalid { path, mistakes })
    }
}

/// The configuration of a folder: from the file found at or above it, else the built-in one.
pub fn discover(root: &Path) -> Result<Config, ConfigError> {
    match find(root) {
        Some(file) => load(&file, root),
        None => Ok(Config::default()),
    }
}

/// The configuration in a file, for a folder to audit.
///
/// Paths in it are from the file's folder when the audited folder is in that folder, else from
/// the audited folder.
pub fn load(file: &Path, root: &Path) -> Result<Config, ConfigError> {
    let unreadable = |why: String| ConfigError::Unreadable { path: file.to_owned(), why };
    let told = |error: std::io::Error| {
        unreadable(match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        })
    };
    let metadata = fs::metadata(file).map_err(told)?;
    if !metadata.is_file() {
        return Err(unreadable("it is not a file".to_owned()));
    }
    if metadata.len() > MAX_BYTES {
        return Err(unreadable(format!("it is larger than {MAX_BYTES} bytes")));
    }
    let bytes = fs::read(file).map_err(told)?;
    let text = String::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;

    let root = root.canonicalize().map_err(told)?;
    let file_at = file.canonicalize().map_err(told)?;
    let folder = file_at.parent().unwrap_or(&root).to_owned();
    let base = if root.starts_with(&folder) { folder } else { root.clone() };

    let mut config =
        parse(&text, &base).map_err(|mistakes| ConfigError::Invalid { path: shown(file), mistakes })?;
    config.path = Some(file.to_owned());
    rebase(&mut config, root.strip_prefix(&base).unwrap_or(Path::new("")));
    config.base = Some(base);
    Ok(config)
}

/// A path as the user would type it: from the working folder where that is shorter.
fn shown(file: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|folder| folder.canonicalize());
    let short = here.ok().and_then(|here| file.strip_prefix(here).ok());
    short.unwrap_or(file).to_owned()
}

/// Makes services' paths relative to the audited folder; those outside of it are not audited,
/// and neither is every service that the file names.
fn rebase(config: &mut Config, prefix: &Path) {
    if prefix.as_os_str().is_empty() {
        return;
    }
    config.mentions.clear();
    config.services.retain_mut(|service| {
        let Some(path) = &service.path else {
            return true;
        };
        let inner = Path::new(path).strip_prefix(prefix).ok();
        service.path = inner.and_then(|path| inner_path(&path.to_string_lossy()));
        service.path.is_some()
    });
}
