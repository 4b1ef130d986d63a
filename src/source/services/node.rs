//! JavaScript and TypeScript: packages by what they depend on and how they are started.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::names::{self, CONTAINERS};
use super::{FileKind, Repo, Role, ServiceKind, Unit, Units, kind, propose};

/// Dependencies of programs that serve requests or messages.
const SERVERS: &[&str] = &[
    "@apollo/server",
    "@aws-sdk/client-sqs",
    "@azure/service-bus",
    "@confluentinc/kafka-javascript",
    "@dapr/dapr",
    "@google-cloud/pubsub",
    "@grpc/grpc-js",
    "@hapi/hapi",
    "@medusajs/medusa",
    "@nestjs/bull",
    "@nestjs/bullmq",
    "@nestjs/core",
    "@nestjs/microservices",
    "@nestjs/platform-express",
    "@nestjs/platform-fastify",
    "amqp-connection-manager",
    "amqplib",
    "apollo-server",
    "apollo-server-express",
    "bull",
    "bullmq",
    "encore.dev",
    "express",
    "fastify",
    "hono",
    "kafkajs",
    "koa",
    "moleculer",
    "mqtt",
    "nats",
    "node-rdkafka",
    "restify",
    "sqs-consumer",
];

/// Dependencies of front ends.
const FRONTENDS: &[&str] = &[
    "@angular/core",
    "@remix-run/react",
    "@sveltejs/kit",
    "astro",
    "ember-source",
    "expo",
    "gatsby",
    "next",
    "nuxt",
    "preact",
    "react",
    "react-native",
    "solid-js",
    "svelte",
    "vite",
    "vue",
];

/// Names of files a program starts with.
const ENTRIES: &[&str] = &["main", "server", "app", "index", "worker"];

pub(super) fn propose_units(repo: &Repo, units: &mut Units) {
    let packages: Vec<_> = repo.of_kind(FileKind::PackageJson).collect();
    let folders: BTreeSet<&str> = packages.iter().map(|file| kind::folder(&file.path)).collect();
    for file in packages {
        let folder = kind::folder(&file.path);
        let Some(text) = (repo.text)(file) else {
            continue;
        };
        let Ok(Value::Object(package)) = serde_json::from_str(&text) else {
            continue;
        };
        let package = Package { package };
        let inner = inner_apps(repo, folder, &folders);
        if !inner.is_empty() && package.server().is_some() {
            // One package for many programs, as Nest and Nx lay them out.
            for (path, entry) in inner {
                let unit = Unit::new(ServiceKind::Service, "typescript", &entry, "starts a program");
                propose(units, &path, unit);
            }
        } else if let Some((kind, why)) = package.kind(repo, folder) {
            let mut unit = Unit::new(kind, "typescript", &file.path, why);
            if folder.is_empty() {
                unit.name = package.text("name").map(|name| names::module_name(name).to_owned());
            }
            // A service in another language with a package.json for its tools stays one.
            let tools = units.get(folder).is_some_and(|known| known.language != "typescript");
            if !tools {
                propose(units, folder, unit);
            }
        }
    }
}

/// `apps/<name>/src/main.ts` and the like, where `apps/<name>` has no package of its own.
fn inner_apps(repo: &Repo, folder: &str, packages: &BTreeSet<&str>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for file in repo.files {
        let script = matches!(file.kind, FileKind::TypeScript | FileKind::JavaScript);
        let Some(relative) = names::below(&file.path, folder).filter(|_| script) else {
            continue;
        };
        let parts: Vec<&str> = relative.split('/').collect();
        let (path, name) = match parts[..] {
            [apps, app, "src", name] | [apps, app, name] if CONTAINERS.contains(&apps) => {
                (names::join(folder, &format!("{apps}/{app}")), name)
            }
            _ => continue,
        };
        let stem = name.split('.').next().unwrap_or(name);
        let taken = packages.contains(path.as_str()) || found.iter().any(|(known, _)| *known == path);
        if matches!(stem, "main" | "server") && file.role == Role::Code && !taken {
            found.push((path, file.path.clone()));
        }
    }
    found
}

struct Package {
    package: Map<String, Value>,
}

impl Package {
    fn text(&self, key: &str) -> Option<&str> {
        self.package.get(key)?.as_str()
    }

    fn depends(&self, section: &str, names: &[&'static str]) -> Option<&'static str> {
        let section = self.package.get(section)?.as_object()?;
        names.iter().find(|name| section.contains_key(**name)).copied()
    }

    fn server(&self) -> Option<&'static str> {
        self.depends("dependencies", SERVERS)
    }

    fn frontend(&self) -> Option<&'static str> {
        self.depends("dependencies", FRONTENDS).or_else(|| self.depends("devDependencies", FRONTENDS))
    }

    fn has_script(&self, wanted: &[&str]) -> bool {
        let scripts = self.package.get("scripts").and_then(Value::as_object);
        scripts.is_some_and(|scripts| scripts.keys().any(|name| wanted.contains(&name.as_str())))
    }

    /// Whether others are meant to import it.
    fn is_imported(&self) -> bool {
        ["exports", "types", "typings", "module", "main"].iter().any(|key| self.package.contains_key(*key))
    }

    /// Whether `main` is all that suggests others import it.
    fn only_main(&self) -> bool {
        ["exports", "types", "typings", "module"].iter().all(|key| !self.package.contains_key(*key))
    }

    fn kind(&self, repo: &Repo, folder: &str) -> Option<(ServiceKind, String)> {
        let workspace = self.package.contains_key("workspaces");
        let parent = names::last(kind::folder(folder));
        let contained = CONTAINERS.contains(&parent);
        let shared = matches!(parent, "packages" | "libs" | "lib" | "shared");
        let started = self.has_script(&["start", "start:dev", "start:prod", "dev", "serve", "develop"]);
        if let Some(server) = self.server() {
            if contained
                || (started && !(shared && self.is_imported()))
                || has_entry(repo, folder, &ENTRIES[..3]) && !shared
            {
                return Some((ServiceKind::Service, format!("depends on {server}")));
            }
        } else if let Some(frontend) = self.frontend().filter(|_| !workspace) {
            // Programs have a `main` too; what others import says more.
            let published = self.package.contains_key("peerDependencies")
                || (self.is_imported() && !(started && self.only_main()));
            let app = contained || !(shared || published);
            if app && (started || self.has_script(&["build"])) {
                return Some((ServiceKind::Frontend, format!("depends on {frontend}")));
            }
        } else if contained && (started || has_entry(repo, folder, ENTRIES)) {
            return Some((ServiceKind::Service, "a program among the services".to_owned()));
        }
        let library = !workspace && !folder.is_empty() && (shared || self.is_imported());
        library.then(|| (ServiceKind::Library, "a package that others import".to_owned()))
    }
}

fn has_entry(repo: &Repo, folder: &str, stems: &[&str]) -> bool {
    stems.iter().any(|stem| {
        ["ts", "js", "mjs", "tsx"].iter().any(|extension| {
            ["src/", ""].iter().any(|inner| {
                let path = names::join(folder, &format!("{inner}{stem}.{extension}"));
                repo.files.binary_search_by(|file| file.path.as_str().cmp(&path)).is_ok()
            })
        })
    })
}
