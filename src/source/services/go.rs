//! Go: modules and the mains below them.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{self, CONTAINERS};
use super::{FileKind, Repo, ServiceKind, Unit, Units, kind, propose};

/// First folders below which a `main` is a helper, unless the layout says otherwise.
const LIBRARY_FOLDERS: &[&str] = &["pkg", "internal", "lib", "libs"];

/// Where a main belongs within its module.
enum Place {
    /// To the module itself: its root, `cmd`, or `cmd/<name>`.
    Own(Option<String>),
    /// To a folder of the module.
    Folder(String),
    /// To no service.
    Helper,
}

struct Module<'a> {
    folder: &'a str,
    /// The `go.mod`, or the folder itself when there is none.
    proof: String,
    name: Option<String>,
    mains: Vec<&'a str>,
}

pub(super) fn propose_units(repo: &Repo, units: &mut Units) {
    let mut modules: BTreeMap<&str, Module> = BTreeMap::new();
    for file in repo.of_kind(FileKind::GoMod) {
        let folder = kind::folder(&file.path);
        let module = Module {
            folder,
            proof: file.path.clone(),
            name: (repo.text)(file).as_deref().and_then(module_path),
            mains: Vec::new(),
        };
        modules.insert(folder, module);
    }
    for main in repo.mains {
        if names::is_excluded(main) {
            continue;
        }
        let folder = nearest(main, |folder| modules.contains_key(folder)).unwrap_or("");
        modules
            .entry(folder)
            .or_insert_with(|| Module { folder, proof: ".".to_owned(), name: None, mains: Vec::new() })
            .mains
            .push(main);
    }
    let docker: BTreeSet<&str> =
        repo.of_kind(FileKind::Dockerfile).map(|file| kind::folder(&file.path)).collect();
    let with_mains = modules.values().filter(|module| !module.mains.is_empty()).count();
    for folder in repo.hosted.iter().filter(|folder| !names::is_excluded(folder)) {
        let path = if folder.is_empty() { "." } else { folder };
        let why = "a package that its framework runs";
        propose(units, folder, Unit::new(ServiceKind::Service, "go", path, why));
    }
    for module in modules.values() {
        let alone = with_mains == 1 && names::is_generic(names::last(module.folder));
        if module.folder.is_empty() || alone {
            root_like(repo, module, &docker, units);
        } else {
            nested(module, &docker, units);
        }
    }
}

/// The `module` line of a `go.mod`.
fn module_path(text: &str) -> Option<String> {
    text.lines()
        .find_map(|line| line.trim().strip_prefix("module"))
        .filter(|rest| rest.starts_with([' ', '\t']))
        .and_then(|rest| rest.split("//").next())
        .map(|path| path.trim().trim_matches('"').to_owned())
}

/// The folder or its nearest parent that fulfils a condition.
fn nearest(path: &str, is: impl Fn(&str) -> bool) -> Option<&str> {
    let mut folder = path;
    loop {
        if is(folder) {
            return Some(folder);
        }
        if folder.is_empty() {
            return None;
        }
        folder = kind::folder(folder);
    }
}

fn place(module: &str, main: &str, docker: &BTreeSet<&str>) -> Place {
    let relative = names::below(main, module).unwrap_or(main);
    let parts: Vec<&str> = relative.split('/').filter(|part| !part.is_empty()).collect();
    let folder = |count: usize| Place::Folder(parts[..count].join("/"));
    // services/<name>/…: one unit, unless a folder between the name and cmd divides it.
    if let Some(at) = parts.iter().position(|part| CONTAINERS.contains(part)) {
        let rest = parts.get(at + 2..).unwrap_or(&[]);
        let divided = rest.iter().position(|&part| part == "cmd").is_some_and(|cmd| cmd > 0);
        if at + 1 < parts.len() && !divided {
            return folder(at + 2);
        }
    }
    if let Some(cmd) = parts.iter().position(|&part| part == "cmd") {
        let plain = |part: &&str| LIBRARY_FOLDERS.contains(part) || matches!(*part, "src" | "app");
        return if parts[..cmd].iter().all(plain) {
            Place::Own(parts.get(cmd + 1).map(|&name| name.to_owned()))
        } else if LIBRARY_FOLDERS.contains(&parts[0]) {
            Place::Helper
        } else {
            folder(cmd)
        };
    }
    let mut count = parts.len();
    while count > 0 && matches!(parts[count - 1], "src" | "main" | "bin") {
        count -= 1;
    }
    let built = (1..=count)
        .rev()
        .find(|&count| docker.contains(names::join(module, &parts[..count].join("/")).as_str()));
    match built {
        Some(count) => folder(count),
        None if count == 0 => Place::Own(None),
        None if LIBRARY_FOLDERS.contains(&parts[0]) || count > 3 => Place::Helper,
        None => folder(count),
    }
}

fn unit(kind: ServiceKind, main: &str) -> Unit {
    let path = if main.is_empty() { "." } else { main };
    Unit::new(kind, "go", path, "holds a main function")
}

fn kind_of(name: &str) -> ServiceKind {
    if names::is_tool(name) { ServiceKind::Infrastructure } else { ServiceKind::Service }
}

/// The module of the whole repository: each program of `cmd` and each folder with a main is a unit.
fn root_like(repo: &Repo, module: &Module, docker: &BTreeSet<&str>, units: &mut Units) {
    let mut own: BTreeMap<Option<String>, &str> = BTreeMap::new();
    let mut found = Units::new();
    for &main in &module.mains {
        match place(module.folder, main, docker) {
            Place::Own(name) => {
                own.entry(name).or_insert(main);
            }
            Place::Folder(folder) => {
                let kind = kind_of(names::last(&folder));
                propose(&mut found, &names::join(module.folder, &folder), unit(kind, main));
            }
            Place::Helper => {}
        }
    }
    let named = |name: &Option<String>| name.clone().filter(|name| !names::is_tool(name));
    let programs: Vec<String> = own.keys().filter_map(named).collect();
    let only = match &programs[..] {
        [name] if found.is_empty() && !own.contains_key(&None) => Some(name.clone()),
        _ => None,
    };
    for (name, main) in own {
        let whole_name = || {
            let module_name = module.name.as_deref().map(names::module_name);
            module_name.unwrap_or(&repo.root_name).to_owned()
        };
        match name {
            None => {
                let mut whole = unit(ServiceKind::Service, main);
                whole.name = Some(whole_name());
                propose(&mut found, module.folder, whole);
            }
            Some(name) if only.as_ref() == Some(&name) => {
                // One program: everything in the module is its code.
                let mut whole = unit(ServiceKind::Service, main);
                whole.name = Some(if names::is_generic(&name) { whole_name() } else { name });
                propose(&mut found, module.folder, whole);
            }
            Some(name) => {
                let folder = format!("cmd/{name}");
                let at = main.find(&folder).map_or(main.len(), |at| at + folder.len());
                let mut program = unit(kind_of(&name), main);
                program.name = Some(name);
                propose(&mut found, &main[..at], program);
            }
        }
    }
    if found.values().all(|unit| unit.kind != ServiceKind::Service) && module.proof != "." {
        let mut library = Unit::new(ServiceKind::Library, "go", &module.proof, "a module without a program");
        library.name = module.name.as_deref().map(|name| names::module_name(name).to_owned());
        propose(&mut found, module.folder, library);
    }
    for (path, unit) in found {
        propose(units, &path, unit);
    }
}

/// A module of its own in a folder: one service, unless its mains lie in several units.
fn nested(module: &Module, docker: &BTreeSet<&str>, units: &mut Units) {
    let mut own = Vec::new();
    let mut folders: BTreeMap<String, &str> = BTreeMap::new();
    for &main in &module.mains {
        match place(module.folder, main, docker) {
            Place::Own(name) if !name.as_deref().is_some_and(names::is_tool) => own.push(main),
            Place::Folder(folder) if !names::is_tool(names::last(&folder)) => {
                folders.entry(folder).or_insert(main);
            }
            _ => {}
        }
    }
    let contained = |folder: &String| folder.split('/').any(|part| CONTAINERS.contains(&part));
    let divided = folders.keys().any(contained) || (own.is_empty() && folders.len() > 1);
    if divided {
        for (folder, main) in &folders {
            if own.is_empty() || contained(folder) {
                let path = names::join(module.folder, folder);
                propose(units, &path, unit(ServiceKind::Service, main));
            }
        }
        if own.is_empty() {
            return;
        }
    }
    let why = if own.is_empty() && folders.is_empty() {
        "a module without a program"
    } else {
        "a module of its own"
    };
    let kind = if own.is_empty() && folders.is_empty() { ServiceKind::Library } else { ServiceKind::Service };
    propose(units, module.folder, Unit::new(kind, "go", &module.proof, why));
    for main in own.into_iter().chain(folders.into_values()) {
        propose(units, module.folder, unit(kind, main));
    }
}
