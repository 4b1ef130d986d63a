//! Source: from a root to its files, its services and a ledger of what was left out and why.
//!
//! Knows no rules, and of languages only what file names and headers say.

pub mod kind;
pub mod revision;
pub mod services;
mod tracked;
pub mod walk;

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a file is, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum FileKind {
    /// Go source.
    Go,
    /// TypeScript source, `.tsx` too.
    TypeScript,
    /// JavaScript source.
    JavaScript,
    /// Rust source.
    Rust,
    /// Source in a language that has no front end; see [`SourceFile::language`].
    OtherCode,
    /// YAML that is nothing more specific.
    Yaml,
    /// Terraform.
    Terraform,
    /// JSON that is nothing more specific; Avro schemas too.
    Json,
    /// TOML that is nothing more specific.
    Toml,
    /// SQL.
    Sql,
    /// Protocol buffers.
    Proto,
    /// `.env` and its variants.
    Env,
    /// `go.mod`.
    GoMod,
    /// `go.work`.
    GoWork,
    /// `package.json`.
    PackageJson,
    /// `Cargo.toml`.
    CargoToml,
    /// `Dockerfile`, `x.Dockerfile`, `Dockerfile.x`, `Containerfile`.
    Dockerfile,
    /// A compose file.
    Compose,
}

impl FileKind {
    /// Whether this is program source.
    pub fn is_code(self) -> bool {
        matches!(
            self,
            FileKind::Go | FileKind::TypeScript | FileKind::JavaScript | FileKind::Rust | FileKind::OtherCode
        )
    }
}

/// Why a file exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Written by the project's people, and runs.
    Code,
    /// Tests, their data, mocks.
    Test,
    /// Written by a generator.
    Generated {
        /// Its bodies say what the program does: they build the object graph or hold the statements
        /// of a store.
        acts: bool,
    },
    /// Someone else's code kept in the tree, or a minified bundle.
    Vendored,
}

/// A file worth reading.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SourceFile {
    /// Path from the root, with `/`.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Size in bytes when walked.
    pub size: u64,
    /// Why it exists, by its path; [`kind::refine_role`] adds what the header says.
    pub role: Role,
}

impl SourceFile {
    /// The language of a source file (`go`, `typescript`, `python`, …), `None` for manifests.
    pub fn language(&self) -> Option<&'static str> {
        kind::language(&self.path)
    }
}

/// Why something was not read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum SkipReason {
    /// `.gitignore` or `.flowauditignore` says so.
    Ignored,
    /// A hidden folder other than `.github`.
    Hidden,
    /// Dependencies or third-party code.
    Vendored,
    /// A lock file or a checksum list: long and without meaning for the audit.
    LockFile,
    /// A symbolic link; links are never followed.
    Symlink,
    /// Over the size limit.
    TooLarge,
    /// Not text, whatever its name says.
    Binary,
    /// The system would not let it be read.
    Unreadable,
    /// The name is not UTF-8.
    BadName,
    /// A pipe, a socket or a device.
    NotAFile,
}

impl SkipReason {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            SkipReason::Ignored => "ignored",
            SkipReason::Hidden => "hidden",
            SkipReason::Vendored => "vendored",
            SkipReason::LockFile => "lock-file",
            SkipReason::Symlink => "symlink",
            SkipReason::TooLarge => "too-large",
            SkipReason::Binary => "binary",
            SkipReason::Unreadable => "unreadable",
            SkipReason::BadName => "bad-name",
            SkipReason::NotAFile => "not-a-file",
        }
    }

    /// Whether the audit may be wrong because of it, so that `--strict` must fail.
    pub fn is_loss(self) -> bool {
        matches!(
            self,
            SkipReason::TooLarge | SkipReason::Binary | SkipReason::Unreadable | SkipReason::BadName
        )
    }
}

/// One row of the ledger: a file, or a whole folder, that was not read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Skipped {
    /// Path from the root, with `/`; undecodable bytes are replaced.
    pub path: String,
    /// Why, for machines.
    pub reason: SkipReason,
    /// Why, for people: one clause.
    pub text: String,
}

/// Files of one extension that nobody reads.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Unread {
    /// How many.
    pub files: u64,
    /// Known to be binary by the extension.
    pub binary: bool,
}

/// What a walk found, sorted and the same whatever the number of threads.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Tree {
    /// The root as it was resolved.
    pub root: PathBuf,
    /// Files worth reading, by path.
    pub files: Vec<SourceFile>,
    /// What was left out, by path.
    pub ledger: Vec<Skipped>,
    /// Documents for people, by path: no facts, but proof of what is written down.
    pub papers: Vec<String>,
    /// Files of types nobody reads, by extension (the file's name when it has none).
    pub unread: BTreeMap<String, Unread>,
}
