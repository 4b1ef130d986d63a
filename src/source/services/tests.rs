use super::*;
use ServiceKind::{Frontend, Infrastructure, Library};

/// Files with their text; a `main.go` text of `main` puts its folder among the mains.
fn find(files: &[(&str, &str)]) -> Services {
    let mut sources: Vec<SourceFile> = files
        .iter()
        .filter_map(|(path, text)| {
            let kind::Named::Read(file_kind) = kind::by_name(kind::file_name(path)) else {
                return None;
            };
            Some(SourceFile {
                path: (*path).to_owned(),
                kind: file_kind,
                size: text.len() as u64,
                role: kind::role_of(path),
            })
        })
        .collect();
    sources.sort();
    let mains: Vec<String> = files
        .iter()
        .filter(|(path, text)| *text == "main" && kind::role_of(path) == Role::Code)
        .map(|(path, _)| kind::folder(path).to_owned())
        .collect();
    let text = |file: &SourceFile| {
        let found = files.iter().find(|(path, _)| *path == file.path);
        found.map(|(_, text)| (*text).to_owned())
    };
    let hosted: Vec<String> = files
        .iter()
        .filter(|(_, text)| *text == "hosted")
        .map(|(path, _)| kind::folder(path).to_owned())
        .collect();
    discover_in("repo", &sources, &mains, &hosted, &text)
}

fn rows(services: &Services) -> Vec<(&str, &str, ServiceKind)> {
    services.list.iter().map(|service| (service.name.as_str(), service.path.as_str(), service.kind)).collect()
}

const SERVICE: ServiceKind = ServiceKind::Service;

#[test]
fn a_module_per_folder_is_a_service_per_folder() {
    let found = find(&[
        ("go.work", "use ./order"),
        ("common/go.mod", "module x/common"),
        ("common/events/a.go", ""),
        ("common/cmd/migrate/main.go", "main"),
        ("order/go.mod", "module x/order"),
        ("order/cmd/order/main.go", "main"),
        ("order/cmd/worker/main.go", "main"),
        ("order/cmd/migrate/main.go", "main"),
        ("order/internal/a.go", ""),
        ("order/Dockerfile", ""),
        ("payment/go.mod", "module x/payment"),
        ("payment/main.go", "main"),
        ("e2e/go.mod", "module x/e2e"),
        ("e2e/main.go", "main"),
        ("examples/a/main.go", "main"),
    ]);
    assert_eq!(
        rows(&found),
        [("common", "common", Library), ("order", "order", SERVICE), ("payment", "payment", SERVICE)]
    );
    assert_eq!(found.owner_of("order/internal/a.go"), Some(1));
    assert_eq!(found.owner_of("order"), Some(1));
    assert_eq!(found.owner_of("orders/a.go"), None);
    assert_eq!(found.list[1].languages, ["go"]);
    assert!(found.list[1].evidence.iter().any(|proof| proof.path == "order/Dockerfile"));
}

#[test]
fn packages_that_a_framework_runs_are_services_beside_their_module() {
    let found = find(&[
        ("go.mod", "module encore.app"),
        ("billing/billing.go", "hosted"),
        ("llm/service/service.go", "hosted"),
        ("pkg/log/log.go", ""),
    ]);
    let list = [
        ("encore.app", ".", Library),
        ("billing", "billing", SERVICE),
        ("llm-service", "llm/service", SERVICE),
    ];
    assert_eq!(rows(&found), list);
    let why: Vec<_> = found.list[1].evidence.iter().map(|proof| proof.why.as_str()).collect();
    assert_eq!(why, ["a package that its framework runs"]);
}

#[test]
fn one_module_with_programs_in_cmd() {
    let found = find(&[
        ("go.mod", "module github.com/x/shop/v2"),
        ("cmd/server/main.go", "main"),
        ("cmd/sink-worker/main.go", "main"),
        ("cmd/migrate/main.go", "main"),
        ("cmd/protoc-gen-x/main.go", "main"),
        ("tools/gen/main.go", "main"),
        ("pkg/x/helper/main.go", "main"),
        ("collector/go.mod", "module y"),
        ("collector/cmd/main.go", "main"),
        ("shop-collector.Dockerfile", "RUN go build -C ./collector -o /x ./cmd"),
        ("Dockerfile", "RUN go build ./cmd/server"),
    ]);
    assert_eq!(
        rows(&found),
        [
            ("migrate", "cmd/migrate", Infrastructure),
            ("protoc-gen-x", "cmd/protoc-gen-x", Infrastructure),
            ("server", "cmd/server", SERVICE),
            ("sink-worker", "cmd/sink-worker", SERVICE),
            ("shop-collector", "collector", SERVICE),
        ]
    );
}

#[test]
fn one_module_with_a_program_per_folder() {
    let found = find(&[
        ("go.mod", "module x"),
        ("baskets/cmd/service/main.go", "main"),
        ("baskets/ui/package.json", r#"{"scripts":{"test":"mocha"},"dependencies":{"axios":"1"}}"#),
        ("ordering/cmd/main.go", "main"),
        ("stores/main.go", "main"),
        ("cmd/mall/main.go", "main"),
        ("internal/am/a.go", ""),
    ]);
    assert_eq!(
        rows(&found),
        [
            ("baskets", "baskets", SERVICE),
            ("mall", "cmd/mall", SERVICE),
            ("ordering", "ordering", SERVICE),
            ("stores", "stores", SERVICE),
        ]
    );
    assert_eq!(found.owner_of("internal/am/a.go"), None);
}

#[test]
fn a_single_service_owns_the_repository() {
    let found = find(&[("go.mod", "module github.com/x/orders"), ("main.go", "main"), ("internal/a.go", "")]);
    assert_eq!(rows(&found), [("orders", ".", SERVICE)]);
    assert_eq!(found.owner_of("internal/a.go"), Some(0));
    let generic = find(&[
        ("go.mod", "module github.com/x/orders/v3"),
        ("cmd/server/main.go", "main"),
        ("cmd/migrate/main.go", "main"),
    ]);
    assert_eq!(rows(&generic), [("orders", ".", SERVICE), ("migrate", "cmd/migrate", Infrastructure)]);
    let named = find(&[("go.mod", "module x/y"), ("cmd/mallbots/main.go", "main")]);
    assert_eq!(rows(&named), [("mallbots", ".", SERVICE)]);
    let library = find(&[("go.mod", "module x/lib"), ("a.go", "")]);
    assert_eq!(rows(&library), [("lib", ".", Library)]);
    assert_eq!(rows(&find(&[("main.go", "main")])), [("repo", ".", SERVICE)]);
    assert_eq!(rows(&find(&[])), []);
}

#[test]
fn containers_of_services() {
    let found = find(&[
        ("internal/services/orders/go.mod", "module o"),
        ("internal/services/orders/cmd/app/main.go", "main"),
        ("internal/pkg/go.mod", "module p"),
        ("backend/go.mod", "module b"),
        ("backend/services/cart/cmd/api/main.go", "main"),
        ("backend/services/cart/cmd/worker/main.go", "main"),
        ("backend/services/vendor/main.go", "main"),
    ]);
    assert_eq!(
        rows(&found),
        [
            ("cart", "backend/services/cart", SERVICE),
            ("vendor", "backend/services/vendor", SERVICE),
            ("pkg", "internal/pkg", Library),
            ("orders", "internal/services/orders", SERVICE),
        ]
    );
}

#[test]
fn generic_folders_take_their_parents_name() {
    let found = find(&[
        ("go.mod", "module shop"),
        ("app/cart/service/cmd/server/main.go", "main"),
        ("app/cart/job/cmd/job/main.go", "main"),
        ("app/user/service/cmd/server/main.go", "main"),
    ]);
    assert_eq!(
        rows(&found),
        [
            ("cart-job", "app/cart/job", SERVICE),
            ("cart-service", "app/cart/service", SERVICE),
            ("user-service", "app/user/service", SERVICE),
        ]
    );
}

#[test]
fn a_sole_backend_module_is_read_like_a_root() {
    let found = find(&[
        ("backend/go.mod", "module x/backend"),
        ("backend/cmd/orders/main.go", "main"),
        ("backend/cmd/payments/main.go", "main"),
        ("web/package.json", r#"{"scripts":{"build":"vite build"},"devDependencies":{"vite":"5"}}"#),
    ]);
    assert_eq!(
        rows(&found),
        [
            ("orders", "backend/cmd/orders", SERVICE),
            ("payments", "backend/cmd/payments", SERVICE),
            ("web", "web", Frontend),
        ]
    );
}

#[test]
fn node_packages() {
    let found = find(&[
        (
            "package.json",
            r#"{"name":"shop","private":true,"workspaces":["apps/*"],"devDependencies":{"@nestjs/cli":"1"}}"#,
        ),
        (
            "apps/orders/package.json",
            r#"{"scripts":{"start":"nest start"},"dependencies":{"@nestjs/core":"1"}}"#,
        ),
        ("apps/orders/src/main.ts", ""),
        ("apps/orders/jest.config.js", ""),
        (
            "apps/shop/package.json",
            r#"{"scripts":{"dev":"next dev"},"dependencies":{"next":"1","react":"1"}}"#,
        ),
        (
            "phone/package.json",
            r#"{"main":"expo-router/entry","scripts":{"start":"expo start"},"dependencies":{"expo":"1"}}"#,
        ),
        ("apps/bff/package.json", r#"{"scripts":{"dev":"x"},"dependencies":{"react":"1","express":"1"}}"#),
        ("packages/core/package.json", r#"{"main":"dist/index.js","dependencies":{"@nestjs/common":"1"}}"#),
        (
            "packages/mq/package.json",
            r#"{"main":"dist/index.js","scripts":{"dev":"tsc -w"},"dependencies":{"kafkajs":"1"}}"#,
        ),
        (
            "packages/ui/package.json",
            r#"{"scripts":{"build":"tsc"},"peerDependencies":{"react":"1"},"devDependencies":{"react":"1"}}"#,
        ),
        ("broken/package.json", "{"),
        ("e2e/package.json", r#"{"scripts":{"start":"x"},"dependencies":{"express":"1"}}"#),
    ]);
    assert_eq!(
        rows(&found),
        [
            ("bff", "apps/bff", SERVICE),
            ("orders", "apps/orders", SERVICE),
            ("shop", "apps/shop", Frontend),
            ("core", "packages/core", Library),
            ("mq", "packages/mq", Library),
            ("ui", "packages/ui", Library),
            ("phone", "phone", Frontend),
        ]
    );
    assert_eq!(found.list[1].languages, ["javascript", "typescript"]);
}

#[test]
fn one_node_package_with_many_programs() {
    let found = find(&[
        (
            "package.json",
            r#"{"name":"@x/mono","scripts":{"start":"nest start"},"dependencies":{"@nestjs/core":"1"}}"#,
        ),
        ("apps/orders/src/main.ts", ""),
        ("apps/payments/src/main.ts", ""),
        ("libs/common/src/index.ts", ""),
    ]);
    assert_eq!(rows(&found), [("orders", "apps/orders", SERVICE), ("payments", "apps/payments", SERVICE)]);
    let single = find(&[
        (
            "package.json",
            r#"{"name":"@x/orders","scripts":{"start":"node ."},"dependencies":{"express":"1"}}"#,
        ),
        ("src/index.ts", ""),
    ]);
    assert_eq!(rows(&single), [("orders", ".", SERVICE)]);
}

#[test]
fn crates() {
    let found = find(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n[workspace.dependencies]\naxum = \"1\"\n"),
        ("crates/api/Cargo.toml", "[package]\nname = \"api\"\n[dependencies]\naxum.workspace = true\n"),
        ("crates/api/src/main.rs", ""),
        ("crates/core/Cargo.toml", "[package]\nname = \"core\"\n"),
        ("crates/core/src/lib.rs", ""),
        ("crates/xtask/Cargo.toml", "[package]\nname = \"xtask\"\n[dev-dependencies]\naxum = \"1\"\n"),
        ("crates/xtask/src/main.rs", ""),
    ]);
    let kinds: Vec<_> = rows(&found).into_iter().map(|(_, path, kind)| (path, kind)).collect();
    assert_eq!(kinds, [("crates/api", SERVICE), ("crates/core", Library), ("crates/xtask", Infrastructure)]);
}

#[test]
fn images_of_languages_without_a_front_end() {
    let found = find(&[
        (
            "docker-compose.yml",
            "services:\n  mail:\n    build: ./mailer\n  ads:\n    build:\n      context: \"./src/ads\"\n  out:\n    build: ../x\n",
        ),
        ("mailer/app.py", ""),
        ("src/ads/Main.java", ""),
        ("src/cart/src/Dockerfile", ""),
        ("src/cart/src/a.cs", ""),
        ("src/quote/Dockerfile", "FROM php"),
        ("src/quote/public/index.php", ""),
        ("postgres/Dockerfile", "FROM postgres"),
        ("deploy/setup/Dockerfile", ""),
        ("deploy/setup/x.py", ""),
    ]);
    assert_eq!(
        rows(&found),
        [
            ("mailer", "mailer", SERVICE),
            ("ads", "src/ads", SERVICE),
            ("cart", "src/cart", SERVICE),
            ("quote", "src/quote", SERVICE)
        ]
    );
    assert_eq!(found.list[1].languages, ["java"]);
}

#[test]
fn names_are_unique_and_the_only_service_keeps_its_own() {
    let found = find(&[
        ("apps/events/package.json", r#"{"scripts":{"start":"x"},"dependencies":{"express":"1"}}"#),
        ("packages/events/package.json", r#"{"main":"x"}"#),
        ("a/worker/go.mod", "module a"),
        ("a/worker/main.go", "main"),
        ("b/mail/go.mod", "module b"),
        ("b/mail/main.go", "main"),
        ("c/mail/go.mod", "module c"),
        ("c/mail/main.go", "main"),
    ]);
    let names: Vec<_> = rows(&found).into_iter().map(|(name, _, _)| name).collect();
    assert_eq!(names, ["a-worker", "events", "b-mail", "c-mail", "packages-events"]);
}

/// The labelled repositories, laid out where the environment says; nothing of them is kept here.
#[test]
#[ignore = "needs FLOWAUDIT_TREE, a folder to look at"]
fn a_real_tree() {
    let root = std::path::PathBuf::from(std::env::var("FLOWAUDIT_TREE").unwrap());
    let started = std::time::Instant::now();
    let tree = walk::walk(&root).unwrap();
    let walked = started.elapsed();
    let mut mains = Vec::new();
    let mut buffer = Vec::new();
    for file in tree.files.iter().filter(|file| file.kind == FileKind::Go && file.role == Role::Code) {
        walk::read(&tree.root, file, &mut buffer).unwrap();
        let text = String::from_utf8_lossy(&buffer);
        let main = text.lines().any(|line| line == "package main" || line.starts_with("package main "));
        if main && text.contains("\nfunc main()") && !text.contains("//go:build ignore") {
            mains.push(kind::folder(&file.path).to_owned());
        }
    }
    let found = discover(&tree.root, &tree.files, &mains, &[]);
    println!("{} files, {} skipped, walked in {walked:?}", tree.files.len(), tree.ledger.len());
    for row in tree.ledger.iter().take(12) {
        println!("  skip {} {} ({})", row.path, row.reason.as_str(), row.text);
    }
    for service in &found.list {
        let why: Vec<_> = service.evidence.iter().map(|p| format!("{}: {}", p.path, p.why)).collect();
        println!(
            "SVC\t{}\t{}\t{}\t{:?}\t{}",
            service.kind.as_str(),
            service.name,
            service.path,
            service.languages,
            why[0]
        );
    }
}
