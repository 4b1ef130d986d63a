//! Rust crates, and folders that a Dockerfile or a compose file builds.

use super::names::{self, CONTAINERS};
use super::{FileKind, Proof, Repo, Role, ServiceKind, SourceFile, Unit, Units, kind, propose};

/// Dependencies of Rust programs that serve requests or messages.
const RUST_SERVERS: &[&str] = &[
    "actix-web",
    "apalis",
    "async-nats",
    "aws-sdk-sqs",
    "axum",
    "fluvio",
    "gcloud-pubsub",
    "google-cloud-pubsub",
    "hyper",
    "lapin",
    "omniqueue",
    "poem",
    "pulsar",
    "rdkafka",
    "rocket",
    "salvo",
    "sqlxmq",
    "tide",
    "tonic",
    "warp",
];

/// Folders whose Dockerfiles build something that lies elsewhere.
const BUILD_FOLDERS: &[&str] = &[
    "docker",
    "build",
    "deploy",
    "deployment",
    "deployments",
    "infra",
    "infrastructure",
    "ci",
    "ops",
    "dockerfiles",
    "images",
    ".devcontainer",
];

pub(super) fn propose_units(repo: &Repo, units: &mut Units) {
    for file in repo.of_kind(FileKind::CargoToml) {
        if let Some((path, unit)) = (repo.text)(file).and_then(|text| rust_crate(repo, file, &text)) {
            propose(units, &path, unit);
        }
    }
    for file in repo.of_kind(FileKind::Dockerfile) {
        let folder = kind::folder(&file.path);
        // A Dockerfile beside the sources: the service is the folder around them.
        let folder = folder.strip_suffix("/src").unwrap_or(folder);
        let elsewhere = folder.split('/').any(|part| BUILD_FOLDERS.contains(&part));
        if !elsewhere {
            built_folder(repo, units, folder, &file.path, "builds an image of this folder");
        }
    }
}

/// A folder that is built and that no ecosystem has explained.
fn built_folder(repo: &Repo, units: &mut Units, folder: &str, proof: &str, why: &str) {
    if folder.is_empty() || names::is_excluded(folder) {
        return;
    }
    let inside = |path: &String, unit: &Unit| {
        let ranks = unit.kind > ServiceKind::Library;
        ranks
            && (names::below(path, folder).is_some()
                || (!path.is_empty() && names::below(folder, path).is_some()))
    };
    if units.iter().any(|(path, unit)| inside(path, unit)) {
        return;
    }
    if let Some(language) = repo.code_under(folder) {
        let kind = if names::is_tool(names::last(folder)) {
            ServiceKind::Infrastructure
        } else {
            ServiceKind::Service
        };
        propose(units, folder, Unit::new(kind, language, proof, why));
    }
}

fn rust_crate(repo: &Repo, file: &SourceFile, text: &str) -> Option<(String, Unit)> {
    let folder = kind::folder(&file.path);
    let mut section = String::new();
    let (mut package, mut program, mut server) = (None, false, None);
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            line.trim_matches(['[', ']']).trim().clone_into(&mut section);
            program |= section == "bin";
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let key = key.trim().trim_matches('"');
        if section == "package" && key == "name" {
            package = Some(value.trim().trim_matches('"').to_owned());
        } else if section.ends_with("dependencies") && !section.starts_with("dev") {
            let name = key.split('.').next().unwrap_or(key);
            server = server.or(RUST_SERVERS.iter().find(|known| **known == name));
        }
    }
    let package = package?;
    let has = |path: &str| {
        let path = names::join(folder, path);
        let at = repo.files.partition_point(|file| file.path < path);
        repo.files.get(at).is_some_and(|file| file.path.starts_with(&path) && file.role == Role::Code)
    };
    program |= has("src/main.rs") || has("src/bin/");
    let contained = CONTAINERS.contains(&names::last(kind::folder(folder)));
    let (kind, why) = match server {
        _ if !program => (ServiceKind::Library, "a crate without a program".to_owned()),
        Some(server) => (ServiceKind::Service, format!("a program that depends on {server}")),
        None if contained => (ServiceKind::Service, "a program among the services".to_owned()),
        None => (ServiceKind::Infrastructure, "a program that serves nothing".to_owned()),
    };
    let mut unit = Unit::new(kind, "rust", &file.path, why);
    if folder.is_empty() {
        unit.name = Some(package);
    }
    Some((folder.to_owned(), unit))
}

/// Adds what Dockerfiles and compose files say about units, and the names they give.
pub(super) fn add_builds(repo: &Repo, units: &mut Units) {
    for file in repo.of_kind(FileKind::Compose) {
        let Some(text) = (repo.text)(file) else {
            continue;
        };
        for context in contexts(&text, kind::folder(&file.path)) {
            if let Some(unit) = units.get_mut(&context) {
                unit.evidence.push(proof(&file.path, "is built by a compose file"));
            } else {
                built_folder(repo, units, &context, &file.path, "is built by a compose file");
            }
        }
    }
    for file in repo.of_kind(FileKind::Dockerfile) {
        if let Some(unit) = units.get_mut(kind::folder(&file.path)) {
            unit.evidence.push(proof(&file.path, "builds an image of this folder"));
        }
        let Some(image) = image_name(&file.path) else {
            continue;
        };
        let Some(text) = (repo.text)(file) else {
            continue;
        };
        let built: Vec<&String> = units
            .iter()
            .filter(|(path, unit)| unit.kind == ServiceKind::Service && builds(&text, path))
            .map(|(path, _)| path)
            .collect();
        if let [path] = built[..] {
            let path = path.clone();
            let more_telling = image != names::last(&path) && image.contains(names::last(&path));
            if let Some(unit) = units.get_mut(&path).filter(|_| more_telling) {
                unit.name = Some(image.to_owned());
                unit.evidence.push(proof(&file.path, "builds and names its image"));
            }
        }
    }
}

fn proof(path: &str, why: &str) -> Proof {
    Proof { path: path.to_owned(), why: why.to_owned() }
}

/// `x` of `x.Dockerfile`.
fn image_name(path: &str) -> Option<&str> {
    let name = names::last(path);
    let stem = name.strip_suffix(".Dockerfile").or_else(|| name.strip_suffix(".dockerfile"))?;
    (!stem.is_empty()).then_some(stem)
}

/// Whether a Dockerfile compiles what is in a folder.
fn builds(dockerfile: &str, folder: &str) -> bool {
    dockerfile
        .lines()
        .filter(|line| line.contains(" build"))
        .flat_map(str::split_whitespace)
        .map(|word| word.trim_start_matches("./").trim_end_matches('/'))
        .any(|word| !folder.is_empty() && (word == folder || names::below(word, folder).is_some()))
}

/// Folders a compose file builds: `build: ./x`, or `context: ./x` under `build:`.
fn contexts(text: &str, folder: &str) -> Vec<String> {
    let mut out = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        let value = line.strip_prefix("build:").or_else(|| line.strip_prefix("context:"));
        let Some(value) = value else { continue };
        let value = value.split(" #").next().unwrap_or("").trim().trim_matches(['"', '\'']);
        if let Some(path) = resolve(folder, value).filter(|_| !value.is_empty()) {
            out.push(path);
        }
    }
    out.sort();
    out.dedup();
    out
}

/// A relative path from a folder; `None` when it leaves the root, is absolute or is computed.
fn resolve(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(['$', '{', ':']) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
