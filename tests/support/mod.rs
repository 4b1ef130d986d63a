//! The program from outside, and trees to give it.
#![allow(dead_code, reason = "each test uses some of it")]

pub mod overlays;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The summary's file.
pub const SUMMARY: &str = "integration-flows-implementation-summary.md";
/// The file of the audit of event processing.
pub const EVENTS: &str = "event-processing-service-audit.md";
/// The file of the audit of data synchronisation.
pub const DATA: &str = "data-synchronization-service-audit.md";

/// The fixture monorepo.
pub fn platform() -> PathBuf {
    project().join("fixtures/platform")
}

/// The project's root.
pub fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The program with arguments, in a folder, away from what the environment would say.
pub fn flowaudit(args: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowaudit"));
    command.args(args).current_dir(folder).env_remove("NO_COLOR").env("RUST_BACKTRACE", "1");
    command
}

/// Exit code, standard output and standard error.
pub fn run(args: &[&str], folder: &Path) -> (Option<i32>, String, String) {
    told(flowaudit(args, folder).output().unwrap())
}

/// What a finished run told.
pub fn told(output: Output) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = output;
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// The JSON of a scan that succeeds and says nothing else.
pub fn scan_json(folder: &Path, more: &[&str]) -> String {
    let args = [&["scan", "--format", "json"], more].concat();
    let (code, out, err) = run(&args, folder);
    assert_eq!((code, err.as_str()), (Some(0), ""), "scan of {}", folder.display());
    out
}

/// git with an identity and without the machine's settings.
pub fn git(folder: &Path, args: &[&str]) -> (bool, String) {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What makes one file of a copy: its path from the root and its bytes.
pub type Change<'a> = &'a dyn Fn(&Path, Vec<u8>) -> (PathBuf, Vec<u8>);

/// Copies a tree, the last file first, each file as `change` wants it.
pub fn copy_tree(from: &Path, to: &Path, change: Change<'_>) {
    let mut files = Vec::new();
    list(from, &mut files);
    files.sort();
    for path in files.iter().rev() {
        let bytes = fs::read(path).unwrap();
        let (path, bytes) = change(path.strip_prefix(from).unwrap(), bytes);
        write(to, path, bytes);
    }
}

/// Writes a file below a folder, with the folders that it lies in.
pub fn write(folder: &Path, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Every file below a folder, links followed.
pub fn list(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, out);
        } else {
            out.push(path);
        }
    }
}

/// Lays the platform out `times` times below a folder: each copy in a folder of its own, with
/// modules and services of its own names.
pub fn replicate(times: usize, to: &Path) {
    for copy in 0..times {
        let own = |path: &Path, bytes: Vec<u8>| {
            if path == Path::new("flowaudit.yaml") {
                return (Path::new(&format!("shop{copy}")).join("flowaudit.yaml.unused"), bytes);
            }
            let mut parts = path.components();
            let first = parts.next().unwrap().as_os_str().to_str().unwrap();
            let rest = parts.as_path();
            let path = if rest.as_os_str().is_empty() {
                Path::new(&format!("shop{copy}")).join(first)
            } else {
                Path::new(&format!("shop{copy}")).join(format!("{first}-{copy}")).join(rest)
            };
            (path, renamed(bytes, copy))
        };
        copy_tree(&platform(), to, &own);
    }
}

/// A file's text with the names of modules, of the folders they lie in and of Dapr's app ids made
/// those of one copy. The fixture is UTF-8 throughout.
fn renamed(bytes: Vec<u8>, copy: usize) -> Vec<u8> {
    let text = String::from_utf8(bytes).unwrap();
    let module = regex::Regex::new(r"(acme-shop/[a-z-]+)").unwrap();
    let replaced = regex::Regex::new(r"(?m)(=> \.\./[a-z-]+|^\t\./[a-z-]+|^  - [a-z-]+)$").unwrap();
    let own = format!("${{1}}-{copy}");
    let text = module.replace_all(&text, own.as_str());
    replaced.replace_all(&text, own.as_str()).into_owned().into_bytes()
}

/// A line of a text that has all these in it.
#[track_caller]
pub fn line<'t>(text: &'t str, parts: &[&str]) -> &'t str {
    let fits = |line: &&str| parts.iter().all(|part| line.contains(part));
    text.lines().find(fits).unwrap_or_else(|| panic!("no line with {parts:?}"))
}
