//! The rule files that come with the tool. `build.rs` makes the table from the folder
//! `rules/detectors`, so no list of ids is kept by hand.

use super::RuleFile;

const DETECTORS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/detectors.rs"));

/// The built-in rule files, in order of path.
pub fn builtin_files() -> Vec<RuleFile> {
    let file = |&(path, text): &(&str, &str)| RuleFile {
        path: path.to_owned(),
        text: text.to_owned(),
        builtin: true,
    };
    DETECTORS.iter().map(file).collect()
}
