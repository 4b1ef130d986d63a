//! What folder names mean, and names that are unique.

use std::collections::BTreeMap;

use super::ServiceKind;

/// Folders of which every child is a unit.
pub(super) const CONTAINERS: &[&str] = &["services", "apps", "microservices", "svcs", "svc", "applications"];

/// Folders that never hold a service.
const EXCLUDED: &[&str] = &[
    "example",
    "examples",
    "_examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "test",
    "tests",
    "e2e",
    "integration-tests",
    "testdata",
    "testutil",
    "testutils",
    "fixtures",
    "mock",
    "mocks",
    "docs",
    "doc",
    "hack",
    "script",
    "scripts",
    "tool",
    "tools",
    "bench",
    "benchmark",
    "benchmarks",
    "quickstart",
    "playground",
    ".github",
];

/// Folder names that say what a thing is and not which.
const GENERIC: &[&str] = &[
    "service",
    "server",
    "app",
    "api",
    "rpc",
    "grpc",
    "http",
    "job",
    "worker",
    "backend",
    "src",
    "cmd",
    "main",
    "core",
    "go",
    "golang",
    "code",
    "svc",
    "mq",
    "queue",
    "interface",
    "application",
];

/// Parents that add nothing to a generic name.
const PLAIN_PARENTS: &[&str] =
    &["cmd", "src", "internal", "pkg", "backend", "packages", "libs", "app", "service", "crates", "modules"];

/// Names of programs that prepare, check or load rather than serve.
const TOOLS: &[&str] = &[
    "bench",
    "benchmark",
    "cli",
    "codegen",
    "demo",
    "example",
    "examples",
    "gen",
    "generate",
    "generator",
    "healthcheck",
    "load-generator",
    "loadgen",
    "loadgenerator",
    "loadtest",
    "migrate",
    "migration",
    "migrations",
    "migrator",
    "mock",
    "playground",
    "sample",
    "script",
    "scripts",
    "seed",
    "seeder",
    "test",
    "tool",
    "tools",
];

/// Endings of such names.
const TOOL_ENDS: &[&str] = &[
    "-gen",
    "_gen",
    "-cli",
    "-migrate",
    "-migrator",
    "-migration",
    "-migrations",
    "-seed",
    "-seeder",
    "-tool",
    "-tools",
    "-loadtest",
    "-benchmark",
    "ctl",
];

/// Whether a folder of the path rules out that there is a service below.
pub(super) fn is_excluded(path: &str) -> bool {
    path.split('/').any(|part| EXCLUDED.contains(&part))
}

/// Whether a program's name says that it is a tool.
pub(super) fn is_tool(name: &str) -> bool {
    TOOLS.contains(&name)
        || name.starts_with("protoc-gen-")
        || name.starts_with("gen-")
        || name.starts_with("generate-")
        || TOOL_ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether a folder's name says nothing about which service it is.
pub(super) fn is_generic(name: &str) -> bool {
    GENERIC.contains(&name)
}

/// The last part of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Joins folders; either may be empty.
pub(super) fn join(above: &str, below: &str) -> String {
    match (above.is_empty(), below.is_empty()) {
        (true, _) => below.to_owned(),
        (_, true) => above.to_owned(),
        _ => format!("{above}/{below}"),
    }
}

/// What is left of a path below a folder; `None` when it is not below.
pub(super) fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() || path == folder {
        return Some(if path == folder { "" } else { path });
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

/// The end of a module path or a package name, without a major version.
pub(super) fn module_name(module: &str) -> &str {
    let mut parts = module.rsplit('/');
    let end = parts.next().unwrap_or(module);
    let version = end
        .strip_prefix('v')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if version { parts.next().unwrap_or(end) } else { end }
}

/// A name for each folder: its own, with its parents' before it as far as clashes need.
///
/// In a clash a single service keeps the plain name; the others give way.
pub(super) fn unique(folders: &[(&str, ServiceKind, Option<&str>)], root_name: &str) -> Vec<String> {
    let mut names: Vec<String> = folders
        .iter()
        .map(|&(path, _, given)| given.map_or_else(|| own_name(path, root_name), str::to_owned))
        .collect();
    let mut levels = vec![0_usize; folders.len()];
    for _ in 0..16 {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, name) in names.iter().enumerate() {
            groups.entry(name.to_lowercase()).or_default().push(index);
        }
        let clashes: Vec<Vec<usize>> = groups.into_values().filter(|group| group.len() > 1).collect();
        if clashes.is_empty() {
            break;
        }
        for group in clashes {
            let services: Vec<usize> =
                group.iter().copied().filter(|&index| folders[index].1 == ServiceKind::Service).collect();
            for index in group {
                if services == [index] {
                    continue;
                }
                levels[index] += 1;
                names[index] = with_parents(folders[index].0, levels[index], &names[index]);
            }
        }
    }
    // Two folders may still agree, say `a-b` and `a/b`: number what is left.
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for name in &mut names {
        let count = seen.entry(name.to_lowercase()).or_default();
        *count += 1;
        if *count > 1 {
            *name = format!("{name}-{count}");
        }
    }
    names
}

fn own_name(path: &str, root_name: &str) -> String {
    if path.is_empty() {
        return root_name.to_owned();
    }
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        [.., parent, end]
            if is_generic(end) && !PLAIN_PARENTS.contains(&parent) && !CONTAINERS.contains(&parent) =>
        {
            format!("{parent}-{end}")
        }
        [.., end] => end.to_owned(),
        [] => String::new(),
    }
}

/// The last `level + 1` folders of a path, joined; the name as it is when there are no more.
fn with_parents(path: &str, level: usize, name: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.len() <= level {
        return name.to_owned();
    }
    parts[parts.len() - level - 1..].join("-")
}
