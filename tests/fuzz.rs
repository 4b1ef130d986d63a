//! What the fuzzer checks holds for the seeds that are kept, and its targets still build.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

/// A target, and where its seeds are besides `fuzz/hand`.
type Target = (&'static str, fn(&[u8]), &'static [&'static str]);

const TARGETS: &[Target] = &[
    ("baseline", targets::baseline::run, &[]),
    ("config", targets::config::run, &["fixtures/platform/flowaudit.yaml"]),
    ("go", targets::go::run, &["fuzz/src/sample.go"]),
    ("manifests", targets::manifests::run, &["action.yml", "schemas/audit.schema.json"]),
    ("rules", targets::rules::run, &["rules/detectors/redis.yaml"]),
    ("rust", targets::rust::run, &["fuzz/src/lib.rs"]),
    ("templates", targets::templates::run, &["templates/summary.md.tera"]),
    ("tree", targets::tree::run, &[]),
    ("typescript", targets::typescript::run, &["tests/browser/check.mjs"]),
];

#[test]
fn targets_hold_on_their_seeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, run, elsewhere) in TARGETS {
        let by_hand = fs::read_dir(root.join("fuzz/hand").join(name)).into_iter().flatten();
        let mut seeds: Vec<PathBuf> = by_hand.map(|entry| entry.expect("an entry").path()).collect();
        seeds.extend(elsewhere.iter().map(|path| root.join(path)));
        assert!(!seeds.is_empty(), "{name} has a seed");
        for seed in seeds {
            let bytes = fs::read(&seed).unwrap_or_else(|error| panic!("{}: {error}", seed.display()));
            // Whole, and broken off in the middle.
            run(&bytes);
            run(&bytes[..bytes.len() / 2]);
        }
    }
}

#[test]
fn every_target_is_tried() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let files = fs::read_dir(folder).expect("the targets").map(|entry| entry.expect("an entry").path());
    let mut there: Vec<String> =
        files.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    there.sort();
    let tried: Vec<&str> = TARGETS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(there, tried);
}
