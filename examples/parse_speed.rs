//! How fast each language becomes facts, beside the bare parser behind it: one thread, the best of
//! five rounds over every file of a folder.
//!
//! ```sh
//! cargo run --release --example parse_speed -- FOLDER
//! ```

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use flowaudit::syntax::{Bodies, go, rust, ts};

const ROUNDS: usize = 5;

/// Path and bytes of a file.
type File = (String, Vec<u8>);
/// A row: its name, extensions, the front end, and the parser by itself.
type Row = (&'static str, &'static [&'static str], fn(&File), fn(&File));

const ROWS: &[Row] = &[
    ("go (own parser / tree-sitter)", &["go"], go_facts, tree_sitter),
    ("typescript (oxc)", &["ts", "tsx", "js", "jsx", "mjs", "cjs"], ts_facts, oxc),
    ("rust (syn)", &["rs"], rust_facts, syn_file),
];

fn main() {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: parse_speed FOLDER");
        return;
    };
    let mut paths = Vec::new();
    list(Path::new(&folder), &mut paths);
    paths.sort();
    println!(
        "{:<32} {:>6} {:>8} {:>12} {:>12} {:>6}",
        "language", "files", "MB", "facts MB/s", "parser MB/s", "ratio"
    );
    for (name, extensions, facts, bare) in ROWS {
        let fits = |path: &&PathBuf| {
            path.extension().and_then(|e| e.to_str()).is_some_and(|e| extensions.contains(&e))
        };
        let read = |path: &PathBuf| Some((path.to_str()?.to_owned(), fs::read(path).ok()?));
        let files: Vec<File> = paths.iter().filter(fits).filter_map(read).collect();
        let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
        if bytes == 0 {
            continue;
        }
        let (facts, bare) = (speed(&files, bytes, *facts), speed(&files, bytes, *bare));
        let size = megabytes(bytes);
        println!(
            "{name:<32} {:>6} {size:>8.1} {facts:>12.0} {bare:>12.0} {:>6.2}",
            files.len(),
            facts / bare
        );
    }
}

/// Megabytes a second in the best round.
fn speed(files: &[File], bytes: usize, run: fn(&File)) -> f64 {
    let round = || {
        let start = Instant::now();
        files.iter().for_each(run);
        start.elapsed().as_secs_f64()
    };
    let best = (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min);
    megabytes(bytes) / best
}

fn megabytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6
}

fn list(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let link = path.symlink_metadata().is_ok_and(|data| data.is_symlink());
        if path.is_dir() && !hidden && !link && !path.ends_with("node_modules") {
            list(&path, out);
        } else if path.is_file() && !link {
            out.push(path);
        }
    }
}

fn go_facts((_, text): &File) {
    black_box(go::parse(text, Bodies::Full));
}

fn tree_sitter((_, text): &File) {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).expect("the grammar fits");
    black_box(parser.parse(text, None));
}

fn ts_facts((path, text): &File) {
    black_box(ts::parse(text, path, Bodies::Full));
}

fn oxc((path, text): &File) {
    let text = String::from_utf8_lossy(text);
    let allocator = oxc_allocator::Allocator::default();
    let kind = oxc_span::SourceType::from_path(path).unwrap_or_default();
    black_box(oxc_parser::Parser::new(&allocator, &text, kind).parse().panicked);
}

fn rust_facts((_, text): &File) {
    black_box(rust::parse(text, Bodies::Full));
}

fn syn_file((_, text): &File) {
    let _ = black_box(syn::parse_file(&String::from_utf8_lossy(text)));
}
