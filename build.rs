//! Embeds the built-in rule files and templates: one table of (path, text) for each folder, sorted
//! and made from what is in it, so that adding a rule is adding a file.
//!
//! The table names files relative to `CARGO_MANIFEST_DIR` as it is when the table is compiled: a
//! checkout that has moved, or that shares its target folder with another, embeds its own rules,
//! and cargo, which keeps an eye on that variable, never takes another checkout's library for its
//! own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    embed(&root, "rules/detectors", "yaml", &out.join("detectors.rs"))?;
    embed(&root, "rules/checklists", "yaml", &out.join("checklists.rs"))?;
    embed(&root, "rules/patterns", "yaml", &out.join("patterns.rs"))?;
    embed(&root, "templates", "tera", &out.join("templates.rs"))?;
    Ok(())
}

fn embed(root: &Path, folder: &str, ending: &str, table: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-changed={folder}");
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join(folder))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|extension| extension == ending) {
            names.push(name);
        }
    }
    names.sort();
    let mut text = String::from("&[\n");
    for name in names {
        let relative = format!("{folder}/{name}");
        let path = format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?})", format!("/{relative}"));
        writeln!(text, "    ({relative:?}, include_str!({path})),").expect("a string grows");
    }
    text.push_str("]\n");
    fs::write(table, text)
}
