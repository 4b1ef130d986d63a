//! Which files the configuration leaves out.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Config;

/// Decides what `exclude` leaves out; patterns mean what they mean in a `.gitignore` file that
/// lies beside the configuration.
#[derive(Debug)]
pub struct Excludes {
    matcher: Gitignore,
    prefix: PathBuf,
}

impl Excludes {
    /// For the paths below an audited folder.
    pub fn new(config: &Config, root: &Path) -> Excludes {
        let mut builder = GitignoreBuilder::new("");
        for pattern in &config.exclude {
            // Patterns were checked when the configuration was read.
            let _ = builder.add_line(None, pattern);
        }
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let prefix = config.base.as_ref().and_then(|base| root.strip_prefix(base).ok());
        Excludes {
            matcher: builder.build().unwrap_or_else(|_| Gitignore::empty()),
            prefix: prefix.unwrap_or(Path::new("")).to_owned(),
        }
    }

    /// Whether a file, by its path below the audited folder, is left out.
    pub fn matches(&self, path: &str) -> bool {
        if self.matcher.is_empty() {
            return false;
        }
        let path = self.prefix.join(path);
        self.matcher.matched_path_or_any_parents(path, false).is_ignore()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_gitignore() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("services")).unwrap();
        let config = Config {
            base: Some(root.clone()),
            exclude: ["dist/", "*.gen.go", "/services/old", "!keep.gen.go"].map(str::to_owned).into(),
            ..Config::default()
        };
        let cases = [
            ("a/dist/main.go", true),
            ("dist.go", false),
            ("a/b.gen.go", true),
            ("a/keep.gen.go", false),
            ("services/old/main.go", true),
            ("a/services/old/main.go", false),
        ];
        let excludes = Excludes::new(&config, &root);
        for (path, expected) in cases {
            assert_eq!(excludes.matches(path), expected, "{path}");
        }
        let below = Excludes::new(&config, &root.join("services"));
        assert!(below.matches("old/main.go"));
        assert!(!Excludes::new(&Config::default(), &root).matches("a/dist/main.go"));
    }
}
