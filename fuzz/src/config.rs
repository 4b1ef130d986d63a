//! flowaudit.yaml: every mistake with its place, and no document that leaves its folder.

use std::path::{Component, Path};
use std::sync::OnceLock;

use super::sample;
use flowaudit::config::{ConfigError, Excludes, load};
use flowaudit::gate::{Baseline, compare};
use flowaudit::report::docs;
use tempfile::TempDir;

/// One input.
pub fn run(source: &[u8]) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let root = FOLDER.get_or_init(|| tempfile::tempdir().expect("a temporary folder")).path();
    let file = root.join("flowaudit.yaml");
    std::fs::write(&file, source).expect("a file");
    match load(&file, root) {
        Ok(config) => {
            Excludes::new(&config, root).matches("mail/main.go");
            for name in docs::names(&config, sample()) {
                let mut parts = Path::new(&name).components();
                let plain = matches!(parts.next(), Some(Component::Normal(_))) && parts.next().is_none();
                assert!(plain, "{name:?} is the name of a file");
            }
            let _ = config.check_services(&["mail".to_owned()]);
            let _ = docs::check_templates(&config, &[]);
            compare(&Baseline::of(sample()), sample(), &config, "x", false);
        }
        Err(ConfigError::Invalid { mistakes, .. }) => {
            assert!(!mistakes.is_empty(), "a refusal says why");
            for mistake in mistakes {
                assert!(mistake.line > 0 && mistake.column > 0, "{mistake:?}");
            }
        }
        Err(ConfigError::Unreadable { .. }) => {}
    }
}
