//! What a file is and why it exists, from its name and its header.

use super::{FileKind, Role, SourceFile};

/// Extensions of languages that can run a service, with the language's name.
const LANGUAGES: &[(&str, &str)] = &[
    ("go", "go"),
    ("ts", "typescript"),
    ("tsx", "typescript"),
    ("mts", "typescript"),
    ("cts", "typescript"),
    ("js", "javascript"),
    ("jsx", "javascript"),
    ("mjs", "javascript"),
    ("cjs", "javascript"),
    ("rs", "rust"),
    ("py", "python"),
    ("java", "java"),
    ("kt", "kotlin"),
    ("kts", "kotlin"),
    ("scala", "scala"),
    ("cs", "csharp"),
    ("fs", "fsharp"),
    ("rb", "ruby"),
    ("php", "php"),
    ("ex", "elixir"),
    ("exs", "elixir"),
    ("erl", "erlang"),
    ("clj", "clojure"),
    ("c", "c"),
    ("cc", "cpp"),
    ("cpp", "cpp"),
    ("swift", "swift"),
    ("dart", "dart"),
    ("vue", "vue"),
    ("svelte", "svelte"),
];

/// Extensions of files that are never text.
const BINARY: &[&str] = &[
    "7z", "a", "avif", "bin", "bmp", "br", "bz2", "class", "db", "dll", "doc", "docx", "dylib", "eot", "exe",
    "gif", "gz", "heic", "ico", "jar", "jpeg", "jpg", "mov", "mp3", "mp4", "o", "otf", "parquet", "pdf",
    "png", "pptx", "pyc", "so", "sqlite", "tar", "tgz", "tif", "tiff", "ttf", "wasm", "wav", "webm", "webp",
    "woff", "woff2", "xls", "xlsx", "xz", "zip", "zst",
];

/// Lock files and checksum lists.
const LOCK_FILES: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "pnpm-lock.yml",
    "yarn.lock",
    "bun.lock",
    "composer.lock",
    "Cargo.lock",
    "poetry.lock",
    "uv.lock",
    "Gemfile.lock",
    "go.sum",
    "go.work.sum",
    "packages.lock.json",
];

/// Ends of names that only generators write.
const GENERATED_ENDS: &[&str] = &[
    ".pb.go",
    ".pb.gw.go",
    ".pb.validate.go",
    ".connect.go",
    "_pb.js",
    "_pb.ts",
    "_pb.d.ts",
    "_pb2.py",
    "_pb2_grpc.py",
    ".generated.ts",
    ".gen.ts",
    ".g.dart",
];

/// Folders that hold tests, their data or mocks.
const TEST_FOLDERS: &[&str] = &[
    "testdata",
    "test",
    "tests",
    "__tests__",
    "__mocks__",
    "__mock__",
    "__fixtures__",
    "fixtures",
    "mocks",
    "mock",
    "e2e",
    "testutil",
    "testutils",
    "testhelpers",
    "test-utils",
    "test-helpers",
];

/// Folders among them of what stands beside tests and is none.
const SUPPORT_FOLDERS: &[&str] = &[
    "testdata",
    "__mocks__",
    "__fixtures__",
    "fixtures",
    "mocks",
    "mock",
    "testutil",
    "testutils",
    "testhelpers",
];

/// Ends of test files' names.
const TEST_ENDS: &[&str] = &["_test.go", "_mock.go", "_mocks.go", "_test.rs", "_test.py"];

/// How much of a file the header checks look at.
const HEADER: usize = 8 * 1024;

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Named {
    /// A kind somebody reads.
    Read(FileKind),
    /// A lock file.
    LockFile,
    /// A binary extension.
    Binary,
    /// Nobody reads this.
    Unread,
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder of a path; empty for the root.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The extension, without the dot; the whole name when it has none.
pub fn extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension,
        _ => name,
    }
}

/// The language of a source file by its extension.
pub fn language(path: &str) -> Option<&'static str> {
    let name = file_name(path);
    let extension = extension(name);
    if extension.len() == name.len() {
        return None;
    }
    LANGUAGES.iter().find(|(known, _)| *known == extension).map(|&(_, language)| language)
}

/// What a file's name stands for.
pub fn by_name(name: &str) -> Named {
    if LOCK_FILES.contains(&name) {
        return Named::LockFile;
    }
    match name {
        "go.mod" => return Named::Read(FileKind::GoMod),
        "go.work" => return Named::Read(FileKind::GoWork),
        "package.json" => return Named::Read(FileKind::PackageJson),
        "Cargo.toml" => return Named::Read(FileKind::CargoToml),
        _ => {}
    }
    if name == ".env" || name.starts_with(".env.") || extension(name) == "env" {
        return Named::Read(FileKind::Env);
    }
    if name.starts_with('.') {
        return Named::Unread;
    }
    if is_dockerfile(name) {
        return Named::Read(FileKind::Dockerfile);
    }
    let extension = extension(name);
    if extension.len() == name.len() {
        return Named::Unread;
    }
    let kind = match extension {
        "yaml" | "yml" if is_compose(name) => FileKind::Compose,
        "yaml" | "yml" => FileKind::Yaml,
        "json" | "avsc" | "jsonc" | "json5" => FileKind::Json,
        "toml" => FileKind::Toml,
        "sql" => FileKind::Sql,
        "tf" => FileKind::Terraform,
        "proto" => FileKind::Proto,
        _ => match language(name) {
            Some("go") => FileKind::Go,
            Some("typescript") => FileKind::TypeScript,
            Some("javascript") => FileKind::JavaScript,
            Some("rust") => FileKind::Rust,
            Some(_) => FileKind::OtherCode,
            None if BINARY.contains(&extension) => return Named::Binary,
            None => return Named::Unread,
        },
    };
    Named::Read(kind)
}

fn is_dockerfile(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let suffix = lower.rsplit('.').next().unwrap_or_default();
    ["dockerfile", "containerfile"].iter().any(|base| {
        if let Some(before) = lower.strip_suffix(base) {
            return before.is_empty() || before.ends_with(['.', '-']);
        }
        let variant = lower.strip_prefix(base).is_some_and(|after| after.starts_with('.'));
        variant && !matches!(suffix, "dockerignore" | "md")
    })
}

fn is_compose(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("docker-compose") || lower.starts_with("compose.") || lower.starts_with("compose-")
}

/// Whether a file is written for people: prose and diagrams.
pub fn is_paper(name: &str) -> bool {
    const ENDS: &[&str] = &["md", "mdx", "adoc", "rst", "puml", "mmd", "drawio", "excalidraw", "svg", "png"];
    ENDS.contains(&extension(name))
}

/// Why a file exists, as far as its path tells.
pub fn role_of(path: &str) -> Role {
    let name = file_name(path);
    if name == "wire_gen.go" {
        return Role::Generated { acts: true };
    }
    if GENERATED_ENDS.iter().any(|end| name.ends_with(end)) || name.starts_with("zz_generated") {
        return Role::Generated { acts: false };
    }
    if is_test(path, name) {
        return Role::Test;
    }
    if name.contains(".min.") && matches!(extension(name), "js" | "mjs" | "cjs") {
        return Role::Vendored;
    }
    Role::Code
}

fn is_test(path: &str, name: &str) -> bool {
    if TEST_ENDS.iter().any(|end| name.ends_with(end)) || name.starts_with("mock_") {
        return true;
    }
    let script = matches!(language(name), Some("typescript" | "javascript" | "vue" | "svelte"));
    if script
        && [".spec.", ".test.", "-spec.", ".cy.", ".mock.", ".mocks.", ".stub."]
            .iter()
            .any(|mark| name.contains(mark))
    {
        return true;
    }
    folder(path).split('/').any(|part| TEST_FOLDERS.contains(&part))
}

/// Whether a file of the role [`Role::Test`] is a test itself, and no mock, helper or data of tests.
pub fn is_test_itself(path: &str) -> bool {
    let name = file_name(path);
    match language(name) {
        None => false,
        Some("go") => name.ends_with("_test.go"),
        Some(_) => {
            let support = |part: &str| SUPPORT_FOLDERS.contains(&part);
            !name.starts_with("mock_") && !name.contains(".mock.") && !folder(path).split('/').any(support)
        }
    }
}

/// The role by path and header together, for when the content has been read.
pub fn refine_role(file: &SourceFile, source: &[u8]) -> Role {
    match file.role {
        Role::Code if file.kind.is_code() || file.kind == FileKind::Sql => {
            if is_generated(source) {
                Role::Generated { acts: is_wired(source) || holds_statements(source) }
            } else if file.kind == FileKind::JavaScript && is_minified(source) {
                Role::Vendored
            } else {
                Role::Code
            }
        }
        role => role,
    }
}

/// Whether the header says that a generator wrote this file.
///
/// For Go the rule is the language's own: a line `// Code generated … DO NOT EDIT.` before the
/// package clause. The same sentence behind another comment mark, and `@generated`, count as well;
/// both only in the comments that open the file.
pub fn is_generated(source: &[u8]) -> bool {
    header_lines(source).any(|line| {
        let text = trim_mark(line);
        let go_rule = text.starts_with(b"Code generated ") && text.ends_with(b" DO NOT EDIT.");
        go_rule || find(line, b"@generated")
    })
}

/// Whether generated code builds the object graph, by the generator its header names.
fn is_wired(source: &[u8]) -> bool {
    header_lines(source).any(|line| find(line, b"generated by Wire"))
}

/// Whether generated code holds the statements of a store, as sqlc and goctl write it: what a call
/// of it does stands nowhere else.
fn holds_statements(source: &[u8]) -> bool {
    const STATEMENTS: [&[u8]; 5] =
        [b"-- name: ", b"INSERT INTO ", b"insert into ", b"DELETE FROM ", b"delete from "];
    STATEMENTS.iter().any(|text| find(source, text))
}

/// Whether a script is a bundle for browsers: lines far longer than anyone writes.
pub fn is_minified(source: &[u8]) -> bool {
    let head = &source[..source.len().min(20 * 1024)];
    let lines = 1 + memchr::memchr_iter(b'\n', head).count();
    head.len() > 4096 && head.len() / lines > 500
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(haystack, needle).is_some()
}

/// The comment and blank lines a file opens with; `'use strict'` and build tags pass as well.
fn header_lines(source: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut in_block = false;
    let head = &source[..source.len().min(HEADER)];
    head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).take_while(move |line| {
        if in_block {
            in_block = !find(line, b"*/") && !find(line, b"-->");
            return true;
        }
        let opens = line.starts_with(b"/*") || line.starts_with(b"<!--");
        in_block = opens && !find(line, b"*/") && !find(line, b"-->");
        opens
            || line.is_empty()
            || [&b"//"[..], b"#", b"--", b";", b"\"use ", b"'use ", b"\xef\xbb\xbf"]
                .iter()
                .any(|mark| line.starts_with(mark))
    })
}

/// A header line without its comment marks.
fn trim_mark(line: &[u8]) -> &[u8] {
    let is_mark = |byte: u8| b"/*#-<!; \t\xef\xbb\xbf".contains(&byte);
    let start = line.iter().position(|&byte| !is_mark(byte)).unwrap_or(line.len());
    let mut text = &line[start..];
    for end in [&b"*/"[..], b"-->"] {
        text = text.strip_suffix(end).unwrap_or(text).trim_ascii_end();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_kinds() {
        let kind = |name: &str| match by_name(name) {
            Named::Read(kind) => Some(kind),
            _ => None,
        };
        assert_eq!(kind("main.go"), Some(FileKind::Go));
        assert_eq!(kind("a.d.ts"), Some(FileKind::TypeScript));
        assert_eq!(kind("App.tsx"), Some(FileKind::TypeScript));
        assert_eq!(kind("x.py"), Some(FileKind::OtherCode));
        assert_eq!(kind("docker-compose.dev.yaml"), Some(FileKind::Compose));
        assert_eq!(kind("compose.yml"), Some(FileKind::Compose));
        assert_eq!(kind("composer.json"), Some(FileKind::Json));
        for name in [
            "Dockerfile",
            "Dockerfile.microservices",
            "benthos-collector.Dockerfile",
            "dev-dockerfile",
            "Containerfile",
        ] {
            assert_eq!(kind(name), Some(FileKind::Dockerfile), "{name}");
        }
        assert_eq!(kind("Dockerfile.dockerignore"), None);
        assert_eq!(kind("order.avsc"), Some(FileKind::Json));
        assert_eq!(kind(".env.local"), Some(FileKind::Env));
        assert_eq!(by_name("go.sum"), Named::LockFile);
        assert_eq!(by_name("logo.png"), Named::Binary);
        assert_eq!(by_name("README.md"), Named::Unread);
        assert_eq!(by_name("Makefile"), Named::Unread);
        assert_eq!(by_name("go"), Named::Unread);
    }

    #[test]
    fn roles_by_path() {
        assert_eq!(role_of("a/wire_gen.go"), Role::Generated { acts: true });
        assert_eq!(role_of("a/x.pb.go"), Role::Generated { acts: false });
        assert_eq!(role_of("a/hand_gen.go"), Role::Code);
        for path in [
            "a/x_test.go",
            "a/x.spec.ts",
            "a/app.e2e-spec.ts",
            "a/x.test.tsx",
            "a/mailer.mock.ts",
            "a/testdata/x.go",
            "mocks/x.go",
            "a/mock_x.go",
        ] {
            assert_eq!(role_of(path), Role::Test, "{path}");
        }
        for path in ["a/x_test.go", "a/x.spec.ts", "test/orders.ts", "tests/orders.rs"] {
            assert!(is_test_itself(path), "{path}");
        }
        for path in [
            "a/mock_x.go",
            "a/x_mock.go",
            "test/fixture.go",
            "mocks/x.ts",
            "src/x.mock.ts",
            "e2e/compose.yaml",
            "__mocks__/x.js",
        ] {
            assert!(role_of(path) != Role::Test || !is_test_itself(path), "{path}");
        }
        assert_eq!(role_of("a/test.go"), Role::Code);
        assert_eq!(role_of("a/latest/x.go"), Role::Code);
        assert_eq!(role_of("web/jquery.min.js"), Role::Vendored);
        assert_eq!(role_of("web/x.spec.go"), Role::Code);
    }

    #[test]
    fn generated_headers() {
        let yes = [
            "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage x\n",
            "//go:build linux\r\n\r\n// Code generated by mockery v2. DO NOT EDIT.\r\n\r\npackage x\r\n",
            "/*\n * Licence\n */\n\n// Code generated by x. DO NOT EDIT.\npackage x",
            "/* @generated */\nexport const a = 1",
            "# Code generated by y. DO NOT EDIT.\nimport a",
            "/* Code generated by z. DO NOT EDIT. */\n",
        ];
        let no = [
            "package x\n// Code generated by x. DO NOT EDIT.\n",
            "// Code generated by x. Please do not edit\npackage x\n",
            "// The Code generated by x. DO NOT EDIT.\npackage x",
            "package x\n\nconst head = \"// @generated\"\n",
            "",
        ];
        for text in yes {
            assert!(is_generated(text.as_bytes()), "{text}");
        }
        for text in no {
            assert!(!is_generated(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn headers_refine_the_role() {
        let file = SourceFile { path: "a/inject.go".into(), kind: FileKind::Go, size: 0, role: Role::Code };
        let wire = b"// Code generated by Wire. DO NOT EDIT.\n\n//go:generate wire\npackage main\n";
        assert_eq!(refine_role(&file, wire), Role::Generated { acts: true });
        let ent = b"// Code generated by ent, DO NOT EDIT.\npackage ent\n";
        assert_eq!(refine_role(&file, ent), Role::Generated { acts: false });
        let sqlc =
            b"// Code generated by sqlc. DO NOT EDIT.\npackage db\nconst paid = `-- name: Paid :exec`\n";
        assert_eq!(refine_role(&file, sqlc), Role::Generated { acts: true });
        assert_eq!(refine_role(&file, b"package a\n"), Role::Code);
        let script = SourceFile { path: "a.js".into(), kind: FileKind::JavaScript, ..file };
        assert_eq!(refine_role(&script, "x=1;".repeat(3000).as_bytes()), Role::Vendored);
    }
}
