//! Where the configuration is: at the scanned root or above it, as far as the repository goes.

use std::env;
use std::path::{Path, PathBuf};

/// Name of the file.
pub const FILE_NAME: &str = "flowaudit.yaml";

/// The configuration that applies to a folder.
///
/// Looks in the folder itself, then upwards to the one that holds `.git`. Outside of a repository
/// only the folder itself counts, and the home folder is never looked into on the way up: what
/// lies there by chance must not decide what a repository's audit says.
pub fn find(root: &Path) -> Option<PathBuf> {
    let root = root.canonicalize().ok()?;
    let home = env::home_dir().and_then(|home| home.canonicalize().ok());
    find_below(&root, home.as_deref())
}

fn find_below(root: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let repository = root.ancestors().find(|folder| folder.join(".git").exists());
    let top = repository.unwrap_or(root);
    root.ancestors()
        .take_while(|folder| folder.starts_with(top))
        .take_while(|folder| *folder == root || Some(*folder) != home)
        .map(|folder| folder.join(FILE_NAME))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn stops_at_the_repository_and_below_home() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let (repo, deep) = (base.join("repo"), base.join("repo/services/order"));
        fs::create_dir_all(&deep).unwrap();
        let write = |folder: &Path| fs::write(folder.join(FILE_NAME), "").unwrap();

        write(&base);
        assert_eq!(find_below(&deep, None), None, "outside of a repository");

        fs::create_dir(repo.join(".git")).unwrap();
        assert_eq!(find_below(&deep, None), None, "above the repository");

        write(&repo);
        assert_eq!(find_below(&deep, None), Some(repo.join(FILE_NAME)));
        assert_eq!(find_below(&deep, Some(&repo)), None, "in the home folder");
        assert_eq!(
            find_below(&repo, Some(&repo)),
            Some(repo.join(FILE_NAME)),
            "the scanned root itself counts always"
        );

        write(&repo.join("services"));
        let nearest = repo.join("services").join(FILE_NAME);
        assert_eq!(find_below(&deep, None), Some(nearest));
    }
}
