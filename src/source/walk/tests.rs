use super::*;
use crate::source::{FileKind, Role};
use tempfile::TempDir;

fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn paths(tree: &Tree) -> Vec<&str> {
    tree.files.iter().map(|file| file.path.as_str()).collect()
}

fn reasons(tree: &Tree) -> Vec<(&str, SkipReason)> {
    tree.ledger.iter().map(|row| (row.path.as_str(), row.reason)).collect()
}

#[test]
fn files_are_sorted_and_typed() {
    let dir = tree(&[
        ("b/main.go", "package main"),
        ("a.yaml", "a: 1"),
        ("a/x_test.go", ""),
        (".github/workflows/ci.yml", ""),
        ("README.md", ""),
        ("logo.png", ""),
        ("b/docs/more.md", ""),
        ("Makefile", ""),
    ]);
    let tree = walk(dir.path()).unwrap();
    assert_eq!(paths(&tree), [".github/workflows/ci.yml", "a.yaml", "a/x_test.go", "b/main.go"]);
    assert_eq!(tree.files[3].kind, FileKind::Go);
    assert_eq!(tree.files[3].size, 12);
    assert_eq!(tree.files[2].role, Role::Test);
    assert_eq!(tree.ledger, []);
    assert_eq!(tree.unread["md"].files, 2);
    assert!(tree.unread["png"].binary && !tree.unread["Makefile"].binary);
}

#[test]
fn ignored_entries_are_ledgered_with_the_rule() {
    let dir = tree(&[
        (".gitignore", "dist/\n*.log.json\n!keep.log.json\n"),
        ("dist/a.js", ""),
        ("x.log.json", ""),
        ("keep.log.json", ""),
        ("sub/.gitignore", "/only.go\n"),
        ("sub/only.go", ""),
        ("sub/deep/only.go", ""),
        ("sub/.flowauditignore", "deep/skip.go\n!dist\n"),
        ("sub/deep/skip.go", ""),
        ("sub/dist/b.go", ""),
    ]);
    let tree = walk(dir.path()).unwrap();
    assert_eq!(paths(&tree), ["keep.log.json", "sub/deep/only.go", "sub/dist/b.go"]);
    let ignored = SkipReason::Ignored;
    assert_eq!(
        reasons(&tree),
        [("dist", ignored), ("sub/deep/skip.go", ignored), ("sub/only.go", ignored), ("x.log.json", ignored)]
    );
    assert_eq!(tree.ledger[0].text, "`dist/` in .gitignore");
    assert_eq!(tree.ledger[1].text, "`deep/skip.go` in .flowauditignore");
}

#[test]
fn rules_above_the_root_count_inside_a_work_tree_only() {
    let dir = tree(&[
        (".gitignore", "*.gen.json\n/repo/apps/shop/local.yaml\n"),
        ("repo/apps/shop/a.gen.json", ""),
        ("repo/apps/shop/local.yaml", ""),
        ("repo/apps/shop/b.json", ""),
    ]);
    let root = dir.path().join("repo/apps/shop");
    assert_eq!(walk(&root).unwrap().files.len(), 3);
    fs::create_dir_all(dir.path().join(".git/info")).unwrap();
    assert_eq!(paths(&walk(&root).unwrap()), ["b.json"]);
    fs::write(dir.path().join(".git/info/exclude"), "b.json\n").unwrap();
    assert_eq!(walk(&root).unwrap().files, []);
}

#[test]
fn what_git_tracks_is_read_although_its_rules_ignore_it() {
    let dir = tree(&[
        (".gitignore", "cmd\n*.log.json\n"),
        ("cmd/main.go", ""),
        ("cmd/deep/more.go", ""),
        ("cmd/built.go", ""),
        ("cmd/tmp/x.go", ""),
        ("a.log.json", ""),
        ("b.log.json", ""),
        ("c.go", ""),
        ("own/.flowauditignore", "cmd/\n"),
        ("own/cmd/main.go", ""),
    ]);
    let git = |args: &[&str]| {
        let output = std::process::Command::new("git").arg("-C").arg(dir.path()).args(args).output();
        assert!(output.unwrap().status.success(), "git {args:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-f", "cmd/main.go", "cmd/deep/more.go", "a.log.json", "own/cmd/main.go"]);
    let top = walk(dir.path()).unwrap();
    assert_eq!(paths(&top), ["a.log.json", "c.go", "cmd/deep/more.go", "cmd/main.go"]);
    let ignored =
        ["b.log.json", "cmd/built.go", "cmd/tmp", "own/cmd"].map(|path| (path, SkipReason::Ignored));
    assert_eq!(reasons(&top), ignored);
    assert_eq!(
        paths(&walk(&dir.path().join("cmd")).unwrap()),
        ["built.go", "deep/more.go", "main.go", "tmp/x.go"]
    );
}

#[test]
fn where_git_cannot_be_asked_the_reason_says_so() {
    let dir = tree(&[(".gitignore", "cmd\n"), ("cmd/main.go", ""), (".git/HEAD", "nothing")]);
    let tree = walk(dir.path()).unwrap();
    assert!(tree.ledger[0].text.contains("could not be asked"), "{:?}", tree.ledger);
}

#[test]
fn dependencies_hidden_folders_and_lock_files_are_named() {
    let dir = tree(&[
        ("node_modules/x/index.js", ""),
        ("third_party/google/api.proto", ""),
        ("vendor/modules.txt", ""),
        ("api/vendor/github.com/x/y.go", ""),
        ("services/vendor/main.go", "package main"),
        (".idea/x.yaml", ""),
        (".git/config", ""),
        ("package-lock.json", "{}"),
        (".env.example", "TOPIC=a"),
    ]);
    let tree = walk(dir.path()).unwrap();
    assert_eq!(paths(&tree), [".env.example", "services/vendor/main.go"]);
    assert_eq!(
        reasons(&tree),
        [
            (".idea", SkipReason::Hidden),
            ("api/vendor", SkipReason::Vendored),
            ("node_modules", SkipReason::Vendored),
            ("package-lock.json", SkipReason::LockFile),
            ("third_party", SkipReason::Vendored),
            ("vendor", SkipReason::Vendored),
        ]
    );
}

#[test]
fn an_empty_folder_is_fine_and_a_missing_one_is_not() {
    let dir = TempDir::new().unwrap();
    let empty = walk(dir.path()).unwrap();
    assert_eq!((empty.files.len(), empty.ledger.len(), empty.unread.len()), (0, 0, 0));
    assert_eq!(walk(&dir.path().join("no")).unwrap_err().kind(), io::ErrorKind::NotFound);
    fs::write(dir.path().join("f.go"), "").unwrap();
    let error = walk(&dir.path().join("f.go")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotADirectory);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let dir = TempDir::new().unwrap();
    for folder in 0..40 {
        let path = dir.path().join(format!("d{folder}/e"));
        fs::create_dir_all(&path).unwrap();
        for file in 0..5 {
            fs::write(path.join(format!("f{file}.go")), "package x").unwrap();
        }
    }
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| walk(dir.path()).unwrap())
    };
    assert_eq!(with(1), with(8));
}

#[test]
fn large_and_binary_files_are_ledgered_never_loaded() {
    let dir = tree(&[("bin.go", "package x\0\0"), ("ok.go", "package x")]);
    let big = File::create(dir.path().join("big.go")).unwrap();
    big.set_len(50 << 20).unwrap();
    let tree = walk(dir.path()).unwrap();
    assert_eq!(paths(&tree), ["bin.go", "ok.go"]);
    assert_eq!(reasons(&tree), [("big.go", SkipReason::TooLarge)]);
    let mut buffer = b"old".to_vec();
    let skipped = read(&tree.root, &tree.files[0], &mut buffer).unwrap_err();
    assert_eq!(skipped.reason, SkipReason::Binary);
    assert!(buffer.is_empty());
    read(&tree.root, &tree.files[1], &mut buffer).unwrap();
    assert_eq!(buffer, b"package x");
    // The file grows, then goes, between the walk and the reading.
    fs::OpenOptions::new().write(true).open(dir.path().join("ok.go")).unwrap().set_len(50 << 20).unwrap();
    let grown = read(&tree.root, &tree.files[1], &mut buffer).unwrap_err();
    assert_eq!(grown.reason, SkipReason::TooLarge);
    fs::remove_file(dir.path().join("ok.go")).unwrap();
    let gone = read(&tree.root, &tree.files[1], &mut buffer).unwrap_err();
    assert_eq!((gone.reason, gone.text.as_str()), (SkipReason::Unreadable, "no longer there"));
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    #[test]
    fn links_are_not_followed_into_loops_or_out_of_the_root() {
        let outside = tree(&[("secret.go", "package s")]);
        let dir = tree(&[("a/b/x.go", "")]);
        symlink(dir.path(), dir.path().join("a/b/loop")).unwrap();
        symlink("self", dir.path().join("self")).unwrap();
        symlink(outside.path(), dir.path().join("out")).unwrap();
        symlink(outside.path().join("secret.go"), dir.path().join("s.go")).unwrap();
        symlink(outside.path().join("secret.go"), dir.path().join("a/.gitignore")).unwrap();
        let tree = walk(dir.path()).unwrap();
        assert_eq!(paths(&tree), ["a/b/x.go"]);
        let named: Vec<_> = reasons(&tree).into_iter().map(|(path, _)| path).collect();
        assert_eq!(named, ["a/.gitignore", "a/b/loop", "out", "s.go", "self"]);
        assert!(tree.ledger.iter().all(|row| row.reason == SkipReason::Symlink));
        // The root itself may be a link.
        symlink(dir.path(), outside.path().join("root")).unwrap();
        assert_eq!(walk(&outside.path().join("root")).unwrap().files.len(), 1);
    }

    #[test]
    fn names_that_are_not_utf8_are_ledgered() {
        let dir = tree(&[("ok.go", "")]);
        let bad = std::ffi::OsStr::from_bytes(b"bad\xff.go");
        fs::write(dir.path().join(bad), "").unwrap();
        fs::create_dir(dir.path().join(std::ffi::OsStr::from_bytes(b"\xfe"))).unwrap();
        let tree = walk(dir.path()).unwrap();
        assert_eq!(paths(&tree), ["ok.go"]);
        assert_eq!(tree.ledger.len(), 2);
        assert!(tree.ledger.iter().all(|row| row.reason == SkipReason::BadName));
        assert!(tree.ledger.iter().any(|row| row.path == "bad\u{fffd}.go"));
    }

    #[test]
    fn unreadable_files_and_folders_are_ledgered() {
        let dir = tree(&[("locked/x.go", ""), ("f.go", "package f")]);
        let lock = |path: &str, mode| {
            fs::set_permissions(dir.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
        };
        lock("locked", 0o000);
        lock("f.go", 0o000);
        let privileged = File::open(dir.path().join("f.go")).is_ok();
        let tree = walk(dir.path()).unwrap();
        let mut buffer = Vec::new();
        let file = tree.files.iter().find(|file| file.path == "f.go").unwrap();
        let result = read(&tree.root, file, &mut buffer);
        lock("locked", 0o755);
        if privileged {
            // Permissions bind nobody here (root in a container): nothing is lost either.
            assert!(result.is_ok() && tree.files.len() == 2);
            return;
        }
        assert_eq!(reasons(&tree), [("locked", SkipReason::Unreadable)]);
        let skipped = result.unwrap_err();
        assert_eq!((skipped.reason, skipped.text.as_str()), (SkipReason::Unreadable, "permission denied"));
    }

    #[test]
    fn sockets_are_ledgered_and_never_opened() {
        let dir = TempDir::new().unwrap();
        let _socket = UnixListener::bind(dir.path().join("s.go")).unwrap();
        let tree = walk(dir.path()).unwrap();
        assert_eq!(reasons(&tree), [("s.go", SkipReason::NotAFile)]);
    }
}
