//! The tree of another revision, from git's object store: laid out in a folder of its own that
//! vanishes with its value, so that the work tree and the index are never touched.
//!
//! Only what the walk could read is laid out, at most as large as it would read. Links are left
//! out, as the walk follows none. Nothing is fetched: what is not in the clone is told, with how
//! to mend it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use super::kind::{self, Named};
use super::walk::MAX_FILE_SIZE;

/// The tree of a revision.
#[derive(Debug)]
pub struct Revision {
    /// The audited folder in it; empty when the revision has no such folder.
    pub root: PathBuf,
    /// Where the configuration's folder would be, when one was given.
    pub base: Option<PathBuf>,
    /// What a person calls it.
    pub name: String,
    _folder: tempfile::TempDir,
}

/// Why there is no tree.
#[derive(Debug)]
pub enum RevisionError {
    /// The program `git` cannot be started.
    NoGit(String),
    /// The audited folder is in no git repository, or git will not read it.
    NoRepository(String),
    /// There is no such revision.
    Unknown(String),
    /// The clone is shallow and ends before what is needed.
    Shallow(String),
    /// No default branch is known to compare with.
    NoDefault,
    /// The default branch has nothing in common with HEAD.
    NoMergeBase(String),
    /// Objects of the revision are not in the clone.
    Missing(String),
    /// git failed, or its answer makes no sense.
    Git(String),
    /// The tree cannot be written.
    Io(io::Error),
}

impl fmt::Display for RevisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RevisionError::NoGit(why) => write!(f, "cannot run git: {why}"),
            RevisionError::NoRepository(why) => write!(f, "no git repository to compare in: {why}"),
            RevisionError::Unknown(rev) => write!(f, "there is no revision `{rev}` in this clone"),
            RevisionError::Shallow(what) => write!(f, "this clone is shallow and lacks {what}"),
            RevisionError::NoDefault => write!(f, "no default branch is known to compare with"),
            RevisionError::NoMergeBase(branch) => write!(f, "HEAD and `{branch}` have no commit in common"),
            RevisionError::Missing(rev) => write!(f, "this clone lacks files of `{rev}`"),
            RevisionError::Git(why) => write!(f, "git failed: {why}"),
            RevisionError::Io(why) => write!(f, "cannot lay out the other tree: {why}"),
        }
    }
}

impl std::error::Error for RevisionError {}

impl From<io::Error> for RevisionError {
    fn from(error: io::Error) -> Self {
        RevisionError::Io(error)
    }
}

impl RevisionError {
    /// What to do about it.
    pub fn mend(&self) -> Option<String> {
        Some(
            match self {
                RevisionError::NoGit(_) => "install git, or compare with a baseline: flowaudit gate",
                RevisionError::NoRepository(_) => {
                    "run in a clone; if it belongs to somebody else: \
                     git config --global --add safe.directory PATH"
                }
                RevisionError::Unknown(_) => {
                    "git fetch origin BRANCH brings a branch; git branch -a lists them"
                }
                RevisionError::Shallow(_) => {
                    "git fetch --unshallow completes it; in GitHub Actions give actions/checkout \
                     `fetch-depth: 0`, in GitLab CI set `GIT_DEPTH: 0`"
                }
                RevisionError::NoDefault => "name one: --against origin/main",
                RevisionError::NoMergeBase(_) => "name a revision: --against REV",
                RevisionError::Missing(_) => {
                    "it is a partial clone: git fetch --refetch --no-filter completes it"
                }
                RevisionError::Git(_) | RevisionError::Io(_) => return None,
            }
            .to_owned(),
        )
    }
}

/// Lays out the tree of `rev`, by default of the merge base of HEAD and the default branch, as far
/// as the folder `root` goes. `base` is the configuration's folder.
pub fn lay_out(root: &Path, base: Option<&Path>, rev: Option<&str>) -> Result<Revision, RevisionError> {
    let root = root.canonicalize()?;
    let git = Git::of(&root)?;
    let (commit, name) = match rev {
        Some(rev) => (git.commit(rev)?, rev.to_owned()),
        None => git.merge_base()?,
    };
    let inner = root.strip_prefix(&git.top).unwrap_or(Path::new("")).to_owned();
    let folder = tempfile::Builder::new().prefix("flowaudit-").tempdir()?;
    // The folders keep their names, because a service may be named after one.
    let own_name = || PathBuf::from(git.top.file_name().unwrap_or_default());
    let below =
        base.and_then(|base| git.top.strip_prefix(base).ok()).filter(|lead| !lead.as_os_str().is_empty());
    let (top, base) = match (below, base) {
        (Some(lead), _) => (folder.path().join(lead), Some(folder.path().to_owned())),
        (None, base) => {
            let top = folder.path().join(own_name());
            let inner = base.and_then(|base| base.strip_prefix(&git.top).ok());
            let base = inner.map(|inner| top.join(inner));
            (top, base)
        }
    };
    fs::create_dir_all(top.join(&inner))?;
    // Marks where ignore files above the audited folder end, as in the clone. Those of git's own are not
    // laid out: all that is here is tracked.
    fs::create_dir_all(top.join(".git"))?;
    let files = git.files(&commit, &inner)?;
    git.write(&files, &top, &name)?;
    let short = commit.get(..10).unwrap_or(&commit);
    Ok(Revision { root: top.join(inner), base, name: format!("{name} ({short})"), _folder: folder })
}

/// The program `git` in a folder, which neither fetches nor takes a lock.
pub(super) fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    // A hook's environment would point somewhere else; a partial clone must not fetch.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
    command.arg("-C").arg(folder).args(args).stdin(Stdio::null());
    command
}

/// A repository, asked through its program.
struct Git {
    top: PathBuf,
}

impl Git {
    fn of(root: &Path) -> Result<Git, RevisionError> {
        let here = Git { top: root.to_owned() };
        let output = here.run(&["rev-parse", "--show-toplevel"])?;
        if !output.status.success() {
            return Err(RevisionError::NoRepository(complaint(&output)));
        }
        let top = PathBuf::from(text(&output)).canonicalize()?;
        Ok(Git { top })
    }

    fn command(&self, args: &[&str]) -> Command {
        command(&self.top, args)
    }

    fn run(&self, args: &[&str]) -> Result<Output, RevisionError> {
        self.command(args).output().map_err(|error| RevisionError::NoGit(error.to_string()))
    }

    fn is_shallow(&self) -> Result<bool, RevisionError> {
        Ok(text(&self.run(&["rev-parse", "--is-shallow-repository"])?) == "true")
    }

    fn known(&self, rev: &str) -> Result<Option<String>, RevisionError> {
        let commit = format!("{rev}^{{commit}}");
        let output = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        Ok(output.status.success().then(|| text(&output)).filter(|hash| is_hash(hash)))
    }

    fn commit(&self, rev: &str) -> Result<String, RevisionError> {
        match self.known(rev)? {
            Some(commit) => Ok(commit),
            None if self.is_shallow()? => Err(RevisionError::Shallow(format!("`{rev}`"))),
            None => Err(RevisionError::Unknown(rev.to_owned())),
        }
    }

    /// The merge base of HEAD and the default branch, and what to call it.
    fn merge_base(&self) -> Result<(String, String), RevisionError> {
        let Some(branch) = self.default_branch()? else {
            return Err(if self.is_shallow()? {
                RevisionError::Shallow("the default branch".to_owned())
            } else {
                RevisionError::NoDefault
            });
        };
        let output = self.run(&["merge-base", "HEAD", &branch])?;
        let commit = text(&output);
        if output.status.success() && is_hash(&commit) {
            let branch = Self::called(&branch);
            if self.known("HEAD")?.as_ref() != Some(&commit) {
                return Ok((commit, format!("the merge base with {branch}")));
            }
            // Nothing but what is not committed yet could differ: that is to be seen, and where the
            // history is not there it may not be so.
            if self.is_shallow()? {
                return Err(RevisionError::Shallow("the commit before HEAD".to_owned()));
            }
            return Ok((commit, format!("HEAD itself, the merge base with {branch}")));
        }
        Err(if self.is_shallow()? {
            RevisionError::Shallow(format!("the commit that HEAD and `{branch}` share"))
        } else {
            RevisionError::NoMergeBase(branch)
        })
    }

    /// The branch that a merge request goes to, as CI says it, else the remote's default.
    fn default_branch(&self) -> Result<Option<String>, RevisionError> {
        // GitLab fetches no branch but the one it runs on, and says where that left its target.
        let mut candidates: Vec<String> =
            std::env::var("CI_MERGE_REQUEST_DIFF_BASE_SHA").into_iter().collect();
        for name in ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_DEFAULT_BRANCH"] {
            candidates.extend(std::env::var(name).ok().map(|branch| format!("origin/{branch}")));
        }
        let output = self.run(&["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"])?;
        if output.status.success() {
            candidates.push(text(&output));
        }
        candidates.extend(["origin/main", "origin/master", "main", "master"].map(str::to_owned));
        for branch in candidates.into_iter().filter(|branch| !branch.is_empty()) {
            if self.known(&branch)?.is_some() {
                return Ok(Some(branch));
            }
        }
        Ok(None)
    }

    /// What a default branch is called: where CI gives a commit, the branch that it is on.
    fn called(branch: &str) -> String {
        let target = std::env::var("CI_MERGE_REQUEST_TARGET_BRANCH_NAME").ok();
        target.filter(|name| is_hash(branch) && !name.is_empty()).unwrap_or_else(|| branch.to_owned())
    }

    /// The files of a commit that the walk of `inner` could read, each with its object.
    fn files(&self, commit: &str, inner: &Path) -> Result<BTreeMap<PathBuf, Object>, RevisionError> {
        let output = self.run(&["ls-tree", "-r", "-z", "--long", "--full-tree", commit])?;
        if !output.status.success() {
            return Err(RevisionError::Git(complaint(&output)));
        }
        let rows = output.stdout.split(|&byte| byte == 0).filter(|row| !row.is_empty());
        // A name that is not UTF-8 is passed over by the walk as well.
        let rows = rows.filter_map(|row| std::str::from_utf8(row).ok());
        Ok(rows.filter_map(|row| file(row, inner)).collect())
    }

    /// Writes the files below `top`.
    fn write(&self, files: &BTreeMap<PathBuf, Object>, top: &Path, name: &str) -> Result<(), RevisionError> {
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| RevisionError::NoGit(error.to_string()))?;
        let (Some(mut asks), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(RevisionError::Git("it has no pipes".to_owned()));
        };
        let result = thread::scope(|scope| {
            // In a thread of its own: git answers before it has read every question.
            scope.spawn(move || {
                for object in files.values().filter(|object| object.wanted) {
                    if writeln!(asks, "{}", object.hash).is_err() {
                        return;
                    }
                }
            });
            lay(files, top, name, &mut BufReader::new(answers))
        });
        // After a failure it may still wait for its reader.
        let _ = child.kill();
        let _ = child.wait();
        result
    }
}

/// A file's content in the object store.
#[derive(Debug)]
struct Object {
    hash: String,
    /// Its content matters; of the others only that they are there.
    wanted: bool,
}

/// A row of `ls-tree --long`: mode, type, object, size, tab, path.
fn file(row: &str, inner: &Path) -> Option<(PathBuf, Object)> {
    let (head, path) = row.split_once('\t')?;
    let words: Vec<&str> = head.split_whitespace().collect();
    let &[mode, "blob", hash, size] = words.as_slice() else {
        return None;
    };
    let path = PathBuf::from(path);
    if mode == "120000" || !is_hash(hash) || !stays_inside(&path) {
        return None;
    }
    let name = path.file_name()?.to_str()?;
    let ignores = name == ".flowauditignore";
    let above = ignores && path.parent().is_some_and(|folder| inner.starts_with(folder));
    if !above && !path.starts_with(inner) {
        return None;
    }
    let read = matches!(kind::by_name(name), Named::Read(_));
    // These two show that a folder is vendored.
    let shows = matches!(name, "modules.txt" | "autoload.php");
    let small = size.parse::<u64>().is_ok_and(|size| size <= MAX_FILE_SIZE);
    let wanted = small && (read || ignores);
    (wanted || shows).then(|| (path, Object { hash: hash.to_owned(), wanted }))
}

/// A hostile tree may name paths that lead elsewhere.
fn stays_inside(path: &Path) -> bool {
    path.components().all(|part| match part {
        Component::Normal(name) => !name.eq_ignore_ascii_case(".git"),
        _ => false,
    })
}

fn lay(
    files: &BTreeMap<PathBuf, Object>,
    top: &Path,
    name: &str,
    answers: &mut impl BufRead,
) -> Result<(), RevisionError> {
    for (path, object) in files {
        let content = if object.wanted { answer(object, name, answers)? } else { Vec::new() };
        let target = top.join(path);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        // Two names that a file system takes for one must not overwrite each other.
        match fs::File::create_new(&target) {
            Ok(mut file) => file.write_all(&content)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Reads `<hash> blob <size>`, the content and a line end.
fn answer(object: &Object, name: &str, answers: &mut impl BufRead) -> Result<Vec<u8>, RevisionError> {
    let mut head = String::new();
    answers.read_line(&mut head)?;
    let words: Vec<&str> = head.split_whitespace().collect();
    let size = match words.as_slice() {
        [hash, "blob", size] if *hash == object.hash => size.parse::<usize>().ok(),
        [_, "missing"] | [] => return Err(RevisionError::Missing(name.to_owned())),
        _ => None,
    };
    let Some(size) = size.filter(|size| *size as u64 <= MAX_FILE_SIZE) else {
        return Err(RevisionError::Git(format!("an answer that makes no sense: {}", head.trim())));
    };
    let mut content = vec![0; size + 1];
    io::Read::read_exact(answers, &mut content)?;
    content.pop();
    Ok(content)
}

fn is_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim_end_matches(['\n', '\r']).to_owned()
}

fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
    line.trim_start_matches("fatal: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_lead_elsewhere_or_that_nobody_reads_are_left_out() {
        let hash = "0".repeat(40);
        let told = |mode: &str, size: &str, path: &str, inner: &str| {
            let row = format!("{mode} blob {hash} {size:>7}\t{path}");
            file(&row, Path::new(inner)).map(|(_, object)| object.wanted)
        };
        assert_eq!(told("100644", "10", "a/main.go", ""), Some(true));
        assert_eq!(told("100644", "10", "a/main.go", "b"), None);
        assert_eq!(told("100644", "10", ".flowauditignore", "b"), Some(true));
        assert_eq!(told("100644", "10", "c/.flowauditignore", "b"), None);
        assert_eq!(told("100644", "10", "vendor/modules.txt", ""), Some(false));
        assert_eq!(told("100644", "99999999", "a/main.go", ""), None);
        assert_eq!(told("120000", "10", "a/main.go", ""), None);
        for path in
            ["../main.go", "a/../../main.go", "/main.go", ".git/main.go", "a/.GIT/main.go", "a/logo.png"]
        {
            assert_eq!(told("100644", "10", path, ""), None, "{path}");
        }
    }
}
