//! From a file named `flowaudit.yaml` to a checked [`Config`], or to every mistake in it.

use std::fs;
use std::path::{Path, PathBuf};

use super::parse::{inner_path, parse};
use super::{Config, FILE_NAME, Names, find};
use crate::syntax::reader::Mistake;

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
        /// Those in the files that it names, each with its file.
        elsewhere: Vec<(String, Mistake)>,
    },
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ConfigError::Unreadable { path, why } => {
                write!(f, "cannot read the configuration {}: {why}", path.display())
            }
            ConfigError::Invalid { path, mistakes, elsewhere } => {
                match mistakes.len() {
                    1 => write!(f, "{} has a mistake", path.display())?,
                    number => write!(f, "{} has {number} mistakes", path.display())?,
                }
                match elsewhere.len() {
                    0 => Ok(()),
                    number => write!(f, ", and what it names has {number}"),
                }
            }
        }
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Refuses names of services that are not among those found; to be asked after discovery.
    pub fn check_services(&self, found: &[String]) -> Result<(), ConfigError> {
        let known: Vec<&str> = found.iter().map(String::as_str).collect();
        self.refuse(self.unknown(Names::Service, &known))
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
        self.refuse_with(mistakes, Vec::new())
    }

    /// Refuses the configuration for its mistakes, if there are any, and tells beside them those in
    /// the files that it names.
    pub fn refuse_with(
        &self,
        mut mistakes: Vec<Mistake>,
        elsewhere: Vec<(String, Mistake)>,
    ) -> Result<(), ConfigError> {
        if mistakes.is_empty() {
            return Ok(());
        }
        mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        let path = shown(self.path.as_deref().unwrap_or(Path::new(FILE_NAME)));
        Err(ConfigError::Invalid { path, mistakes, elsewhere })
    }
}

/// A configuration as far as it could be read, and what is wrong in it so far: whoever knows which
/// names there are can look up those in it, and tell all mistakes at once.
#[derive(Debug, Default)]
pub struct Draft {
    /// What could be read.
    pub config: Config,
    /// What cannot stand.
    pub mistakes: Vec<Mistake>,
}

impl Draft {
    /// The configuration, when nothing is wrong.
    pub fn checked(self) -> Result<Config, ConfigError> {
        self.config.refuse(self.mistakes)?;
        Ok(self.config)
    }
}

/// The configuration of a folder: from the file found at or above it, else the built-in one.
pub fn discover(root: &Path) -> Result<Draft, ConfigError> {
    match find(root) {
        Some(file) => draft(&file, root),
        None => Ok(Draft::default()),
    }
}

/// The configuration in a file, for a folder to audit; names of what is found elsewhere are not
/// looked up.
pub fn load(file: &Path, root: &Path) -> Result<Config, ConfigError> {
    draft(file, root)?.checked()
}

/// The configuration in a file, for a folder to audit, with its mistakes.
///
/// Paths in it are from the file's folder when the audited folder is in that folder, else from
/// the audited folder.
pub fn draft(file: &Path, root: &Path) -> Result<Draft, ConfigError> {
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

    let (mut config, mistakes) = parse(&text, &base);
    config.path = Some(file.to_owned());
    rebase(&mut config, root.strip_prefix(&base).unwrap_or(Path::new("")));
    config.base = Some(base);
    Ok(Draft { config, mistakes })
}

/// A path as the user would type it: from the working folder where that is shorter.
pub fn shown(file: &Path) -> PathBuf {
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
    config.mentions.retain(|(names, _)| *names != Names::Service);
    config.services.retain_mut(|service| {
        let Some(path) = &service.path else {
            return true;
        };
        let inner = Path::new(path).strip_prefix(prefix).ok();
        service.path = inner.and_then(|path| inner_path(&path.to_string_lossy()));
        service.path.is_some()
    });
}
