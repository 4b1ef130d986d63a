//! The recipes for CI work as they are written: the scripts of the GitHub action and the GitLab
//! job are run, the commands of docs/ci.md are commands of this program, its YAML is YAML.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use flowaudit::syntax::yaml::{self, Node};
use support::{copy_tree, flowaudit, platform, project, run, told};
use tempfile::TempDir;

/// A copy of the fixture with its baseline, and beside it a program to find.
struct Adopted {
    dir: TempDir,
}

impl Adopted {
    fn new() -> Adopted {
        let dir = tempfile::tempdir().unwrap();
        let adopted = Adopted { dir };
        copy_tree(&platform(), &adopted.tree(), &|path: &Path, bytes| (path.to_owned(), bytes));
        let update = flowaudit(&["gate", "--update"], &adopted.tree()).env_remove("CI").output().unwrap();
        assert_eq!(told(update).0, Some(0));
        let bin = adopted.dir.path().join("flowaudit/bin");
        fs::create_dir_all(&bin).unwrap();
        fs::hard_link(env!("CARGO_BIN_EXE_flowaudit"), bin.join("flowaudit"))
            .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_flowaudit"), bin.join("flowaudit")).map(|_| ()))
            .unwrap();
        adopted
    }

    fn tree(&self) -> std::path::PathBuf {
        self.dir.path().join("tree")
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A script as a runner starts it, in a folder.
    fn script(&self, script: &str, folder: &Path, env: &[(&str, &str)]) -> Output {
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", self.dir.path().join("flowaudit/bin").display());
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(folder);
        command.env("PATH", path).env("CI", "true").env("RUNNER_TEMP", self.dir.path());
        command.env("GITHUB_OUTPUT", self.dir.path().join("outputs"));
        command.env("GITHUB_STEP_SUMMARY", self.dir.path().join("summary.md"));
        command.envs(env.iter().copied()).output().unwrap()
    }

    fn lose_a_dead_letter(&self) {
        let path = self.tree().join("analytics/dapr/subscription.yaml");
        let text = fs::read_to_string(&path).unwrap();
        let lost = text.replace("  deadLetterTopic: product-events.dlq\n", "");
        assert_ne!(text, lost);
        fs::write(path, lost).unwrap();
    }
}

fn document(text: &str) -> Node {
    let (nodes, problems) = yaml::parse(text);
    assert!(problems.is_empty(), "{problems:?}");
    nodes.into_iter().last().unwrap()
}

fn read(name: &str) -> String {
    fs::read_to_string(project().join(name)).unwrap()
}

fn step<'n>(action: &'n Node, id: &str) -> &'n Node {
    let steps = action.path("runs.steps")[0].items();
    steps.iter().find(|step| step.get("id").and_then(Node::as_str) == Some(id)).unwrap()
}

#[test]
fn the_github_action_passes_and_fails_with_the_gate() {
    let adopted = Adopted::new();
    let action = document(&read("action.yml"));
    let gate = step(&action, "gate").get("run").unwrap().as_str().unwrap();
    let env = [("FOLDER", "."), ("ARGUMENTS", "--strict --color never")];
    let (code, out, err) = told(adopted.script(gate, &adopted.tree(), &env));
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("flowaudit: the gate passed"), "{out}");

    adopted.lose_a_dead_letter();
    let (code, out, _) = told(adopted.script(gate, &adopted.tree(), &[("FOLDER", "."), ("ARGUMENTS", "")]));
    assert_eq!(code, Some(1));
    assert!(out.starts_with("::error file=analytics/"), "{out}");
    assert!(adopted.file("summary.md").contains("the gate failed"));
    for output in ["sarif", "junit", "markdown"] {
        let value = action.path(&format!("outputs.{output}.value"))[0].as_str().unwrap();
        assert_eq!(value, format!("${{{{ steps.gate.outputs.{output} }}}}"));
        let outputs = adopted.file("outputs");
        let told = outputs.lines().rev().find_map(|line| line.strip_prefix(&format!("{output}="))).unwrap();
        assert!(fs::read_to_string(told).unwrap().contains("product-events"), "{told}");
    }
}

#[test]
fn the_github_action_builds_anew_when_the_program_changes() {
    let adopted = Adopted::new();
    let action = document(&read("action.yml"));
    let version = step(&action, "version").get("run").unwrap().as_str().unwrap();
    let copy = adopted.dir.path().join("action");
    for folder in ["src", "rules", "templates"] {
        fs::create_dir_all(copy.join(folder)).unwrap();
        fs::write(copy.join(folder).join("a"), "1").unwrap();
    }
    for file in ["Cargo.toml", "Cargo.lock", "build.rs"] {
        fs::write(copy.join(file), "1").unwrap();
    }
    let env = [("ACTION", copy.to_str().unwrap()), ("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64")];
    let key = || {
        let (code, _, err) = told(adopted.script(version, adopted.dir.path(), &env));
        assert_eq!((code, err.as_str()), (Some(0), ""));
        adopted.file("outputs").lines().last().unwrap().to_owned()
    };
    let first = key();
    assert!(first.starts_with("key=flowaudit-Linux-X64-"), "{first}");
    assert_eq!(key(), first);
    // What build.rs embeds is part of the program.
    for folder in ["src", "rules", "templates"] {
        let before = key();
        fs::write(copy.join(folder).join("a"), "2").unwrap();
        assert_ne!(key(), before, "{folder}");
    }
}

#[test]
fn the_gitlab_job_passes_and_fails_with_the_gate() {
    let adopted = Adopted::new();
    let text = read("ci/gitlab.yml");
    let (spec, _) = text.split_once("\n---\n").unwrap();
    let inputs = document(spec);
    let mut text = text.clone();
    for input in inputs.path("spec.inputs")[0].entries() {
        let default = input.value.get("default").and_then(Node::as_str);
        text = text.replace(&format!("$[[ inputs.{} ]]", input.key), default.unwrap_or("image"));
    }
    assert!(!text.contains("$[["), "every input is declared");
    let job = document(&text);
    let job = job.get("flowaudit").unwrap();
    let script = job.get("script").unwrap().items()[0].as_str().unwrap();
    let (code, out, err) = told(adopted.script(script, &adopted.tree(), &[]));
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    adopted.lose_a_dead_letter();
    let (code, out, _) = told(adopted.script(script, &adopted.tree(), &[]));
    assert_eq!(code, Some(1));
    assert!(out.contains("The gate failed"), "{out}");
    for artifact in job.path("artifacts.paths")[0].items() {
        let text = adopted.file(&format!("tree/{}", artifact.as_str().unwrap()));
        assert!(text.contains("product-events"));
    }
    let reports = job.path("artifacts.reports")[0].entries();
    let paths: Vec<&str> = job.path("artifacts.paths")[0].items().iter().filter_map(Node::as_str).collect();
    assert!(reports.iter().all(|report| paths.contains(&report.value.as_str().unwrap())));
}

#[test]
fn the_hook_is_a_command() {
    let hooks = document(&read(".pre-commit-hooks.yaml"));
    let entry = hooks.items()[0].get("entry").unwrap().as_str().unwrap();
    let always = read(".pre-commit-hooks.yaml").contains("\n  always_run: true\n");
    assert!(always, "pre-commit names no file that is deleted");
    let adopted = Adopted::new();
    let (code, out, err) = told(adopted.script(entry, &adopted.tree(), &[]));
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
}

/// The fenced blocks of a language, in order.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let open = format!("```{language}\n");
    text.split(&open).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_commands_and_the_yaml_of_the_document_are_real() {
    let text = read("docs/ci.md");
    let mut commands = 0;
    for line in blocks(&text, "sh").iter().flat_map(|block| block.lines()) {
        let line = line.split(" #").next().unwrap();
        let Some(rest) = line.strip_prefix("flowaudit ") else { continue };
        let args: Vec<&str> = rest.split_whitespace().chain(["--help"]).collect();
        let (code, _, err) = run(&args, &project());
        assert_eq!((code, err.as_str()), (Some(0), ""), "{line}");
        commands += 1;
    }
    assert!(commands > 10, "{commands}");
    for block in blocks(&text, "yaml") {
        document(&block);
    }
    assert!(text.contains("uses: OWNER/flowaudit@") && text.contains("file: ci/gitlab.yml"));
}

#[test]
fn the_steps_of_adoption_and_of_the_shards_lead_to_a_green_gate() {
    let adopted = Adopted::new();
    let tree = adopted.tree();
    fs::remove_file(tree.join("flowaudit.yaml")).unwrap();
    fs::remove_file(tree.join("flowaudit.baseline.json")).unwrap();
    let text = read("docs/ci.md");
    let blocks = blocks(&text, "sh");
    let adopt = blocks.iter().find(|block| block.contains("flowaudit init")).unwrap();
    let git =
        "git() { command git -c user.name=a -c user.email=a@example.org \"$@\"; }\ngit init -q\nunset CI\n";
    let (code, out, err) = told(adopted.script(&format!("{git}{adopt}"), &tree, &[]));
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("The gate passed"), "{out}");
    let shards = blocks.iter().find(|block| block.contains("flowaudit merge")).unwrap();
    let (code, out, err) = told(adopted.script(shards, &tree, &[]));
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("The gate passed"), "{out}");
}
