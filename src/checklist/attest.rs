//! Attestations against the day and the code they were given for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{ChecklistRule, Test};
use crate::audit::{Attestation, Audit, Date, Diagnostic, Item, ItemState, Severity};
use crate::config::{AttestationEntry, Config, ConfigError, FILE_NAME, Names, Settings};
use crate::syntax::reader::Mistake;

/// Lays people's word over the items, and tells which words no longer hold.
pub fn apply(
    audit: &mut Audit,
    checklists: &[ChecklistRule],
    settings: &Settings,
) -> Result<(), ConfigError> {
    let config = &settings.config;
    let base = config.base.as_deref().unwrap_or(&settings.root);
    config.refuse(mistakes(config, checklists, base))?;
    for entry in &config.attestations {
        let standing = standing(entry, base, settings.as_of);
        // A word past its day is a finding already.
        let lapsed = standing.as_ref().filter(|_| !has_ended(entry, settings.as_of));
        if let Some(why) = lapsed {
            audit.diagnostics.push(told(
                config,
                entry,
                &format!("the word of {} for `{}` {why}", entry.by, entry.item.name),
            ));
        }
        let decided =
            checklists.iter().flat_map(ChecklistRule::items).find(|item| item.id == entry.item.name);
        let firm = decided
            .is_some_and(|item| matches!(item.test, Test::Control(_) | Test::Rules(_) | Test::Fact(_)));
        let mut against = false;
        for item in audit.checklists.iter_mut().flat_map(|c| &mut c.sections).flat_map(|s| &mut s.items) {
            if item.id == entry.item.name {
                let refuted = decided
                    .is_some_and(|rule| item.evidence.iter().any(|it| rule.refuted_by.contains(&it.role)));
                lay(item, entry, standing.as_deref(), firm || refuted);
                against |= standing.is_none() && item.state == ItemState::Unmet;
            }
        }
        if against {
            let what = format!(
                "the word of {} for `{}` does not count: evidence shows that it is not met",
                entry.by, entry.item.name
            );
            audit.diagnostics.push(told(config, entry, &what));
        }
    }
    Ok(())
}

/// Words about items that are not there, and words for code that do not say which; `base` is where
/// paths start.
pub fn mistakes(config: &Config, checklists: &[ChecklistRule], base: &Path) -> Vec<Mistake> {
    let known: Vec<&str> =
        checklists.iter().flat_map(ChecklistRule::items).map(|item| item.id.as_str()).collect();
    let mut mistakes = config.unknown(Names::Item, &known);
    for entry in config.attestations.iter().filter(|it| !it.covers.is_empty() && it.hash.is_none()) {
        let message = match hash(base, &entry.covers) {
            Ok(now) => format!("`covers` needs `hash`; what it names hashes to {now} now"),
            Err(path) => format!("`covers` names {}, which is not there", path.display()),
        };
        let (line, column) = (entry.item.line, entry.item.column);
        mistakes.push(Mistake { line, column, message, suggestion: None });
    }
    mistakes
}

fn has_ended(entry: &AttestationEntry, as_of: Option<Date>) -> bool {
    as_of.is_some_and(|day| day > entry.until)
}

/// Why a word does not hold, when it does not.
fn standing(entry: &AttestationEntry, base: &Path, as_of: Option<Date>) -> Option<String> {
    if has_ended(entry, as_of) {
        return Some(format!("ended on {}", entry.until));
    }
    let expected = entry.hash.as_ref()?;
    match hash(base, &entry.covers) {
        Ok(now) if now == *expected => None,
        Ok(now) => Some(format!("lapsed: {} has changed since (hash {now})", entry.covers.join(", "))),
        Err(path) => Some(format!("lapsed: {} is gone", path.display())),
    }
}

fn lay(item: &mut Item, entry: &AttestationEntry, standing: Option<&str>, firm: bool) {
    if let Some(why) = standing {
        item.note = format!("{} The word of {} {why}.", item.note, entry.by);
    } else if matches!(item.state, ItemState::Open | ItemState::NotApplicable)
        || item.state == ItemState::Unmet && !firm
    {
        item.state = ItemState::Attested;
        item.note.clone_from(&entry.reason);
    } else {
        return;
    }
    if item.state == ItemState::Attested {
        item.attestation = Some(Attestation {
            by: entry.by.clone(),
            when: entry.when.to_string(),
            until: entry.until.to_string(),
            link: entry.link.clone(),
            reason: entry.reason.clone(),
        });
    }
}

fn told(config: &Config, entry: &AttestationEntry, what: &str) -> Diagnostic {
    let file =
        config.path.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    Diagnostic {
        path: file.unwrap_or_else(|| FILE_NAME.to_owned()),
        level: Severity::Warning,
        message: format!("line {}, column {}: {what}", entry.item.line, entry.item.column),
    }
}

/// What files and folders hold, names included (64-bit FNV-1a); the path that cannot be read
/// otherwise.
fn hash(base: &Path, paths: &[String]) -> Result<String, PathBuf> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for path in paths {
        let mut files = Vec::new();
        collect(base, Path::new(path), &mut files).map_err(|_| PathBuf::from(path))?;
        files.sort();
        for file in files {
            let bytes = fs::read(base.join(&file)).map_err(|_| file.clone())?;
            let name = file.to_string_lossy().replace('\\', "/");
            for byte in name.bytes().chain([0]).chain(bytes).chain([0]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    Ok(format!("{hash:016x}"))
}

/// The files of a path, without hidden ones; links are not followed.
fn collect(base: &Path, path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let full = base.join(path);
    let kind = fs::symlink_metadata(&full)?;
    if kind.is_file() {
        files.push(path.to_owned());
    } else if kind.is_dir() {
        for entry in fs::read_dir(&full)? {
            let name = entry?.file_name();
            if !name.to_string_lossy().starts_with('.') {
                collect(base, &path.join(name), files)?;
            }
        }
    }
    Ok(())
}
