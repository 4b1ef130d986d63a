//! The walk: every file under a root, in parallel, with a ledger of what was left out.
//!
//! Own traversal over the matchers of the `ignore` crate, because its walker drops ignored entries
//! without a word and the ledger must name them. What git tracks is read although a rule of git's
//! ignores it: to git itself that rule means nothing then, and every clone has the file. Links are not followed, so the walk neither loops
//! nor leaves the root. Machine-wide git settings are not consulted: two machines agree.

use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::kind::{self, Named};
use super::tracked::Tracked;
use super::{SkipReason, Skipped, SourceFile, Tree};

/// Bytes above which a file is not read.
pub const MAX_FILE_SIZE: u64 = 4 << 20;

/// Bytes above which a list of ignore rules is not believed.
const MAX_IGNORE_FILE: u64 = 1 << 20;

/// The project's own ignore file, which has the last word.
const OWN_IGNORE: &str = ".flowauditignore";

/// Walks a root. Only a root that cannot be read at all is an error; `.git` alone is passed over
/// without a row in the ledger.
pub fn walk(root: &Path) -> io::Result<Tree> {
    let root = root.canonicalize()?;
    if !root.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "not a folder"));
    }
    fs::read_dir(&root)?;
    let rules = rules_above(&root);
    let walker = Walker {
        found: Mutex::new(Tree::default()),
        root: root.clone(),
        is_clone: rules.is_some(),
        tracked: OnceLock::new(),
    };
    let start = Folder { path: root.clone(), relative: String::new(), rules, ignored: None };
    rayon::scope(|scope| walker.folder(scope, &start));
    let mut tree = walker.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    tree.root = root;
    tree.files.sort_unstable();
    tree.ledger.sort_unstable();
    tree.papers.sort_unstable();
    Ok(tree)
}

/// Reads a file the walk found into a buffer that is cleared first.
pub fn read(root: &Path, file: &SourceFile, buffer: &mut Vec<u8>) -> Result<(), Skipped> {
    buffer.clear();
    let skip = |reason, text: String| Err(Skipped { path: file.path.clone(), reason, text });
    let read = File::open(root.join(&file.path)).and_then(|mut open| {
        buffer.reserve(file.size.min(MAX_FILE_SIZE) as usize + 1);
        open.by_ref().take(MAX_FILE_SIZE + 1).read_to_end(buffer)
    });
    match read {
        Err(error) => {
            buffer.clear();
            skip(SkipReason::Unreadable, error_text(&error))
        }
        Ok(size) if size as u64 > MAX_FILE_SIZE => {
            buffer.clear();
            skip(SkipReason::TooLarge, size_text(size as u64))
        }
        Ok(_) if memchr::memchr(0, &buffer[..buffer.len().min(8192)]).is_some() => {
            buffer.clear();
            skip(SkipReason::Binary, "holds NUL bytes".to_owned())
        }
        Ok(_) => Ok(()),
    }
}

/// The system's words without its error number, the same on every platform that has them.
fn error_text(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotFound => "no longer there".to_owned(),
        _ => error.to_string(),
    }
}

fn size_text(size: u64) -> String {
    let limit = MAX_FILE_SIZE >> 20;
    if size > MAX_FILE_SIZE + 1 {
        format!("{size} bytes, the limit is {limit} MB")
    } else {
        format!("over the limit of {limit} MB")
    }
}

struct Walker {
    found: Mutex<Tree>,
    root: PathBuf,
    /// The root lies in a work tree of git.
    is_clone: bool,
    tracked: OnceLock<Tracked>,
}

/// A folder to list.
struct Folder {
    path: PathBuf,
    relative: String,
    rules: Option<Arc<Rules>>,
    /// The rule of git's that ignores all of it: only what is tracked is read.
    ignored: Option<String>,
}

/// Ignore rules of a folder, on top of those above it.
struct Rules {
    git: Gitignore,
    own: Gitignore,
    above: Option<Arc<Rules>>,
}

impl Walker {
    /// What git tracks among what its rules ignore; asked for when a rule ignores something.
    fn tracked(&self) -> &Tracked {
        self.tracked.get_or_init(|| if self.is_clone { Tracked::of(&self.root) } else { Tracked::Nothing })
    }

    fn folder<'scope>(&'scope self, scope: &rayon::Scope<'scope>, folder: &Folder) {
        let mut out = Tree::default();
        let children = self.list(folder, &mut out);
        for child in children {
            scope.spawn(move |scope| self.folder(scope, &child));
        }
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.files.append(&mut out.files);
        found.ledger.append(&mut out.ledger);
        found.papers.append(&mut out.papers);
        for (extension, unread) in out.unread {
            let total = found.unread.entry(extension).or_default();
            total.files += unread.files;
            total.binary |= unread.binary;
        }
    }

    /// Lists one folder: its files and ledger go to `out`, the folders to visit are returned.
    fn list(&self, folder: &Folder, out: &mut Tree) -> Vec<Folder> {
        let mut entries = Vec::new();
        match fs::read_dir(&folder.path) {
            Err(error) => {
                let path = if folder.relative.is_empty() { "." } else { &folder.relative };
                out.skip(path.to_owned(), SkipReason::Unreadable, error_text(&error));
                return Vec::new();
            }
            Ok(listing) => {
                for entry in listing {
                    match entry {
                        Ok(entry) => entries.push(entry),
                        Err(error) => {
                            let path = join(&folder.relative, "?");
                            out.skip(path, SkipReason::Unreadable, error_text(&error));
                        }
                    }
                }
            }
        }
        let rules = rules_of(folder, &entries);
        let mut children = Vec::new();
        for entry in entries {
            if let Some(child) = self.one_entry(folder, rules.as_ref(), &entry, out) {
                children.push(child);
            }
        }
        children
    }

    fn one_entry(
        &self,
        folder: &Folder,
        rules: Option<&Arc<Rules>>,
        entry: &DirEntry,
        out: &mut Tree,
    ) -> Option<Folder> {
        let os_name = entry.file_name();
        let Some(name) = os_name.to_str() else {
            let path = join(&folder.relative, &os_name.to_string_lossy());
            out.skip(path, SkipReason::BadName, "the name is not UTF-8");
            return None;
        };
        let relative = join(&folder.relative, name);
        let file_type = match entry.file_type() {
            Ok(file_type) => file_type,
            Err(error) => {
                out.skip(relative, SkipReason::Unreadable, error_text(&error));
                return None;
            }
        };
        let is_dir = file_type.is_dir();
        if name == ".git" {
            return None;
        }
        let path = entry.path();
        let ignored = match ignored_by(rules, &path, is_dir) {
            Verdict::Own(text) => {
                out.skip(relative, SkipReason::Ignored, text);
                return None;
            }
            Verdict::Git(text) => Some(text),
            Verdict::Open => folder.ignored.clone(),
            Verdict::Wanted => None,
        };
        if let Some(text) = &ignored
            && !self.tracked().has(&relative, is_dir)
        {
            out.skip(relative, SkipReason::Ignored, format!("{text}{}", self.tracked().doubt()));
        } else if file_type.is_symlink() {
            out.skip(relative, SkipReason::Symlink, "a symbolic link, not followed");
        } else if is_dir {
            if name.starts_with('.') && name != ".github" {
                out.skip(relative, SkipReason::Hidden, "a hidden folder");
            } else if let Some(text) = vendored(name, &path) {
                out.skip(relative, SkipReason::Vendored, text);
            } else {
                return Some(Folder { path, relative, rules: rules.cloned(), ignored });
            }
        } else if file_type.is_file() {
            file(name, relative, entry, out);
        } else {
            out.skip(relative, SkipReason::NotAFile, "a pipe, a socket or a device");
        }
        None
    }
}

fn file(name: &str, relative: String, entry: &DirEntry, out: &mut Tree) {
    let kind = match kind::by_name(name) {
        Named::Read(kind) => kind,
        Named::LockFile => {
            out.skip(relative, SkipReason::LockFile, "a lock file");
            return;
        }
        named @ (Named::Binary | Named::Unread) => {
            let unread = out.unread.entry(kind::extension(name).to_owned()).or_default();
            unread.files += 1;
            unread.binary |= named == Named::Binary;
            if kind::is_paper(name) {
                out.papers.push(relative);
            }
            return;
        }
    };
    match entry.metadata() {
        Err(error) => out.skip(relative, SkipReason::Unreadable, error_text(&error)),
        Ok(metadata) if metadata.len() > MAX_FILE_SIZE => {
            out.skip(relative, SkipReason::TooLarge, size_text(metadata.len()));
        }
        Ok(metadata) => {
            let role = kind::role_of(&relative);
            out.files.push(SourceFile { path: relative, kind, size: metadata.len(), role });
        }
    }
}

impl Tree {
    fn skip(&mut self, path: String, reason: SkipReason, text: impl Into<String>) {
        self.ledger.push(Skipped { path, reason, text: text.into() });
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Why a folder is somebody else's code. `vendor` is also a fine name for a service, so that name
/// needs a proof: Go's or PHP's index file, or folders named after hosts.
fn vendored(name: &str, path: &Path) -> Option<String> {
    match name {
        "node_modules" | "bower_components" => Some("installed dependencies".to_owned()),
        "third_party" | "thirdparty" | "third-party" => Some("third-party code".to_owned()),
        "vendor" => {
            let index = ["modules.txt", "autoload.php", "bundle"];
            let proven = index.iter().any(|name| path.join(name).exists())
                || fs::read_dir(path).is_ok_and(|entries| {
                    entries.flatten().any(|entry| {
                        let name = entry.file_name();
                        let name = name.to_string_lossy();
                        let host = name.contains('.') && !name.starts_with('.');
                        host && entry.file_type().is_ok_and(|kind| kind.is_dir())
                    })
                });
            proven.then(|| "vendored dependencies".to_owned())
        }
        _ => None,
    }
}

/// What the rules say of a path.
enum Verdict {
    /// Nothing is said of it, or only by git's rules that it is wanted.
    Open,
    /// A rule of the project's own wants it.
    Wanted,
    /// A rule of the project's own ignores it: the last word.
    Own(String),
    /// A rule of git's does.
    Git(String),
}

/// The rule that ignores a path: nearest folder first, the project's own rules before git's.
fn ignored_by(rules: Option<&Arc<Rules>>, path: &Path, is_dir: bool) -> Verdict {
    let decide = |pick: fn(&Rules) -> &Gitignore| {
        let mut level = rules;
        while let Some(rules) = level {
            match pick(rules).matched(path, is_dir) {
                Match::None => level = rules.above.as_ref(),
                Match::Whitelist(_) => return Some(None),
                Match::Ignore(glob) => {
                    let file = glob.from().and_then(Path::file_name);
                    let file = file.map_or_else(String::new, |name| name.to_string_lossy().into());
                    return Some(Some(format!("`{}` in {file}", glob.original())));
                }
            }
        }
        None
    };
    match (decide(|rules| &rules.own), decide(|rules| &rules.git)) {
        (Some(Some(text)), _) => Verdict::Own(text),
        (Some(None), _) => Verdict::Wanted,
        (None, Some(Some(text))) => Verdict::Git(text),
        _ => Verdict::Open,
    }
}

/// The rules in force inside a folder.
fn rules_of(folder: &Folder, entries: &[DirEntry]) -> Option<Arc<Rules>> {
    let has = |name: &str| {
        entries.iter().any(|entry| {
            // A link or a pipe of that name must not be opened.
            entry.file_name() == name && entry.file_type().is_ok_and(|kind| kind.is_file())
        })
    };
    let (git, own) = (has(".gitignore"), has(OWN_IGNORE));
    if !git && !own {
        return folder.rules.clone();
    }
    let load = |present: bool, name: &str| {
        let file = folder.path.join(name);
        if present { matcher(&folder.path, &file) } else { Gitignore::empty() }
    };
    Some(Arc::new(Rules {
        git: load(git, ".gitignore"),
        own: load(own, OWN_IGNORE),
        above: folder.rules.clone(),
    }))
}

/// Rules of the folders above the root, when the root lies inside a git work tree.
fn rules_above(root: &Path) -> Option<Arc<Rules>> {
    let top = root.ancestors().find(|folder| folder.join(".git").exists())?;
    let exclude = top.join(".git/info/exclude");
    let mut rules =
        Some(Arc::new(Rules { git: matcher(top, &exclude), own: Gitignore::empty(), above: None }));
    let mut between: Vec<&Path> =
        root.ancestors().skip(1).take_while(|folder| folder.starts_with(top)).collect();
    between.reverse();
    for folder in between {
        rules = Some(Arc::new(Rules {
            git: matcher(folder, &folder.join(".gitignore")),
            own: matcher(folder, &folder.join(OWN_IGNORE)),
            above: rules,
        }));
    }
    rules
}

/// Rules of one file, relative to a folder; lines that are no patterns are passed over, as git does.
fn matcher(folder: &Path, file: &Path) -> Gitignore {
    let usable = fs::symlink_metadata(file)
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_IGNORE_FILE);
    if !usable {
        return Gitignore::empty();
    }
    let mut builder = GitignoreBuilder::new(folder);
    builder.add(file);
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

#[cfg(test)]
mod tests;
