//! What each stage costs, on the fixture laid out once and four times. How to run and to read
//! this: `benches/README.md`.

use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use flowaudit::config::{Config, Settings};
use flowaudit::flow::types::Types;
use flowaudit::progress::Progress;
use flowaudit::source::walk;
use flowaudit::source::{FileKind, Role, SourceFile};
use flowaudit::syntax::{go, yaml};
use flowaudit::{flow, read, ruleset};
use rayon::prelude::*;

#[path = "../tests/support/mod.rs"]
mod support;

/// A tree on disk, and what its files hold.
struct Tree {
    times: usize,
    folder: tempfile::TempDir,
    files: Vec<SourceFile>,
    go: Vec<Vec<u8>>,
    yaml: Vec<String>,
}

impl Tree {
    fn new(times: usize) -> Tree {
        let folder = tempfile::tempdir().expect("a folder for the copies");
        support::replicate(times, folder.path());
        let files = walk::walk(folder.path()).expect("the copies can be walked").files;
        let bytes =
            |file: &SourceFile| std::fs::read(folder.path().join(&file.path)).expect("a file just written");
        let of = |kinds: &[FileKind]| -> Vec<Vec<u8>> {
            let wanted = |file: &&SourceFile| kinds.contains(&file.kind) && file.role == Role::Code;
            files.iter().filter(wanted).map(bytes).collect()
        };
        let go = of(&[FileKind::Go]);
        let yaml = of(&[FileKind::Yaml, FileKind::Json, FileKind::Compose]);
        let yaml = yaml.into_iter().map(|bytes| String::from_utf8(bytes).expect("UTF-8")).collect();
        Tree { times, folder, files, go, yaml }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }
}

fn trees() -> [Tree; 2] {
    [1, 4].map(Tree::new)
}

fn bytes<T: AsRef<[u8]>>(texts: &[T]) -> u64 {
    texts.iter().map(|text| text.as_ref().len() as u64).sum()
}

/// The floor: every file that the walk keeps opened, read into a kept buffer, and closed.
fn floor(root: &Path) -> u64 {
    let tree = walk::walk(root).expect("the copies can be walked");
    let read = |buffer: &mut Vec<u8>, file: &SourceFile| {
        buffer.clear();
        let open = File::open(tree.root.join(&file.path));
        open.and_then(|mut open| open.read_to_end(buffer)).expect("a file just walked") as u64
    };
    tree.files.par_iter().map_init(Vec::new, read).sum()
}

fn reading(c: &mut Criterion) {
    let trees = trees();
    let mut group = c.benchmark_group("walk");
    for tree in &trees {
        group.throughput(Throughput::Elements(tree.files.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(tree.times), |b| {
            b.iter(|| walk::walk(black_box(tree.root())));
        });
    }
    group.finish();

    let mut group = c.benchmark_group("floor");
    for tree in &trees {
        group.throughput(Throughput::Bytes(floor(tree.root())));
        group.bench_function(BenchmarkId::from_parameter(tree.times), |b| {
            b.iter(|| floor(black_box(tree.root())));
        });
    }
    group.finish();

    let mut group = c.benchmark_group("parse-go");
    for tree in &trees {
        group.throughput(Throughput::Bytes(bytes(&tree.go)));
        group.bench_function(BenchmarkId::from_parameter(tree.times), |b| {
            b.iter(|| {
                for source in &tree.go {
                    black_box(go::parse(black_box(source), go::Bodies::Full));
                }
            });
        });
    }
    group.finish();

    let mut group = c.benchmark_group("parse-yaml");
    for tree in &trees {
        group.throughput(Throughput::Bytes(bytes(&tree.yaml)));
        group.bench_function(BenchmarkId::from_parameter(tree.times), |b| {
            b.iter(|| {
                for text in &tree.yaml {
                    black_box(yaml::parse(black_box(text)));
                }
            });
        });
    }
    group.finish();
}

/// Everything read: walk, parse and discovery together, as a scan does it.
fn repository(c: &mut Criterion) {
    let mut group = c.benchmark_group("read");
    group.sample_size(20);
    for tree in &trees() {
        group.throughput(Throughput::Elements(tree.files.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(tree.times), |b| {
            b.iter(|| read::read(black_box(tree.root()), &Config::default(), &Progress::default()));
        });
    }
    group.finish();
}

/// Index, types, call graph, matches and endpoints, from facts that are there. The facts are read
/// anew for each round, outside of what is measured, because the index takes them.
fn following(c: &mut Criterion) {
    let rules = ruleset::in_force(&Config::default()).expect("the built-in rules are valid");
    let mut group = c.benchmark_group("flow");
    group.sample_size(20);
    for tree in &trees() {
        let facts = || {
            read::read(tree.root(), &Config::default(), &Progress::default()).expect("the copies can be read")
        };
        group.throughput(Throughput::Elements(facts().files.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(tree.times), |b| {
            b.iter_batched(
                facts,
                |mut repository| {
                    let files = std::mem::take(&mut repository.files);
                    let program = flow::index(files, &repository.modules);
                    let types = Types::new(&program, flow::returns(&rules));
                    let named = repository.services.list.iter().map(|s| (s.name.clone(), s.path.clone()));
                    let services: Vec<(String, String)> = named.collect();
                    let owner_of = |path: &str| repository.services.owner_of(path);
                    let found = flow::build(
                        &types,
                        &rules,
                        &repository.documents,
                        &repository.sql,
                        &services,
                        &owner_of,
                    );
                    found.consumers.len() + found.publishers.len()
                },
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// What `flowaudit scan` does before it prints.
fn whole(c: &mut Criterion) {
    let mut group = c.benchmark_group("scan");
    group.sample_size(20);
    for tree in &trees() {
        group.throughput(Throughput::Bytes(floor(tree.root())));
        group.bench_function(BenchmarkId::from_parameter(tree.times), |b| {
            b.iter(|| flowaudit::audit_tree(&Settings::new(black_box(tree.root())), &Progress::default()));
        });
    }
    group.finish();
}

criterion_group!(benches, reading, repository, following, whole);
criterion_main!(benches);
