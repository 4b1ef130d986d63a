//! Parts of one audit joined equal the whole; audits of several repositories meet at their topics.

mod support;

use std::fs;
use std::path::Path;

use flowaudit::audit::{Audit, Finding, TopicIssue};
use support::{copy_tree, flowaudit, platform, run, scan_json, told};

fn merge(folder: &Path, files: &[&str]) -> (Option<i32>, String, String) {
    run(&[&["merge", "--format", "json"], files].concat(), folder)
}

#[test]
fn shards_joined_equal_the_whole_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    copy_tree(&platform(), &tree, &|path: &Path, bytes| (path.to_owned(), bytes));
    // Words that only one shard can know to be used, to be unused, or to have run out.
    let config = fs::read_to_string(tree.join("flowaudit.yaml")).unwrap();
    let finding = {
        let audit: Audit = serde_json::from_str(&scan_json(&tree, &[])).unwrap();
        audit.findings[5].fingerprint.clone()
    };
    let waivers = format!(
        "\nwaivers:\n  - {{rule: no-dead-letter, service: shipping, reason: r, owner: o}}\n  \
         - {{rule: no-dead-letter, service: order, reason: r, owner: o}}\n  \
         - {{finding: {finding}, reason: r, owner: o, until: 2020-01-01}}\n"
    );
    fs::write(tree.join("flowaudit.yaml"), config + &waivers).unwrap();
    let source = tree.join("customer/internal/data/eventbus/auth_consumer.go");
    let text = fs::read_to_string(&source).unwrap();
    fs::write(
        &source,
        format!("// flowaudit:ignore[no-dead-letter] -- nothing\n{text}// flowaudit:ignore\n"),
    )
    .unwrap();

    let full = scan_json(&tree, &[]);
    // Checklists are about everything: shards have none, and the tree fills them in.
    let whole = {
        let mut audit: Audit = serde_json::from_str(&full).unwrap();
        assert!(!audit.checklists.is_empty());
        audit.checklists.clear();
        flowaudit::report::json::render(&audit)
    };
    for rule in ["unused-waiver", "expired-waiver", "unused-ignore", "malformed-ignore"] {
        assert!(whole.contains(rule), "{rule}");
    }
    for count in [1, 2, 5, 40] {
        let files: Vec<String> = (1..=count)
            .map(|index| {
                let part = scan_json(&tree, &["--shard", &format!("{index}/{count}")]);
                let name = format!("{count}-{index}.json");
                fs::write(dir.path().join(&name), part).unwrap();
                name
            })
            .collect();
        let mut files: Vec<&str> = files.iter().map(String::as_str).collect();
        files.reverse();
        let (code, joined, err) = merge(dir.path(), &files);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        assert!(joined == whole, "{count} shards");
        let (code, joined, err) = merge(dir.path(), &[&files[..], &["--tree", "tree"]].concat());
        assert_eq!((code, err.as_str()), (Some(0), ""));
        assert!(joined == full, "{count} shards and the tree");
    }
    fs::write(dir.path().join("whole.json"), &whole).unwrap();
    let update = ["gate", "--update", "--audit", "whole.json", "tree", "--as-of", "2026-01-01"];
    let update = flowaudit(&update, dir.path()).env_remove("CI").output().unwrap();
    assert_eq!(told(update).0, Some(0));
    let gate = |file: &str| run(&["gate", "tree", "--audit", file, "--as-of", "2026-01-01"], dir.path());
    let (_, out, err) = gate("whole.json");
    assert!(err.is_empty() && out.contains("expired P2 expired-waiver"), "only that fails: {out}{err}");
    assert!(out.contains("1 regression"), "{out}");
    let (code, _, err) = gate("5-1.json");
    assert_eq!(code, Some(2));
    assert!(err.contains("cannot use 5-1.json: it is shard 1/5; `flowaudit merge` joins"), "{err}");

    let (code, out, err) = merge(dir.path(), &["5-1.json", "5-2.json", "5-4.json", "5-5.json"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("shard 3/5 is missing"), "{err}");
    let (_, _, err) = merge(dir.path(), &["5-1.json", "2-2.json"]);
    assert!(err.contains("cannot use 2-2.json: it is a shard of 2, others are of 5"), "{err}");
    let (code, _, err) = merge(dir.path(), &["whole.json", "--tree", "tree"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("--tree is for shards"), "{err}");
    let (_, _, err) = merge(dir.path(), &["2-1.json", "2-1.json"]);
    assert!(err.contains("shard 1/2 is given twice"), "{err}");
}

/// The fixture cut in two, each half with the shared library, as two repositories.
#[test]
fn repositories_meet_at_their_topics() {
    let dir = tempfile::tempdir().unwrap();
    let half = |name: &str, mine: &dyn Fn(&str) -> bool| {
        let tree = dir.path().join(name);
        copy_tree(&platform(), &tree, &|path: &Path, bytes| {
            let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
            let kept = path.components().count() > 1 && (first == "common" || mine(first));
            // What is of the other half goes where nobody looks.
            if kept { (path.to_owned(), bytes) } else { (Path::new(".elsewhere").join(path), bytes) }
        });
        let json = scan_json(&tree, &["--policy", "lenient"]);
        fs::write(dir.path().join(format!("{name}.json")), &json).unwrap();
        serde_json::from_str::<Audit>(&json).unwrap()
    };
    let is_fulfillment = |service: &str| matches!(service, "fulfillment" | "warehouse" | "catalog");
    let logistics = half("logistics", &is_fulfillment);
    let shop = half("shop", &|service: &str| !is_fulfillment(service));
    let issue = |audit: &Audit, topic: &str| audit.topics.iter().find(|t| t.name == topic).unwrap().issue;
    assert_eq!(issue(&shop, "fulfillment.package_status_changed"), Some(TopicIssue::NoPublisher));

    let (code, out, err) = merge(dir.path(), &["shop.json", "logistics.json"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let both: Audit = serde_json::from_str(&out).unwrap();
    assert_eq!(issue(&both, "fulfillment.package_status_changed"), None);
    let lacks_an_end = |audit: &Audit| {
        let of_topic = |f: &&Finding| {
            f.rule.starts_with("topic-") && f.message.starts_with("fulfillment.package_status_changed ")
        };
        audit.findings.iter().filter(of_topic).count()
    };
    assert_eq!((lacks_an_end(&shop), lacks_an_end(&both)), (1, 0));
    assert_eq!(both.consumers.len(), shop.consumers.len() + logistics.consumers.len());
    let names: Vec<&str> = both.services.iter().map(|s| s.name.as_str()).collect();
    assert!(names.contains(&"shop/common") && names.contains(&"logistics/common"), "{names:?}");
    assert!(names.contains(&"shipping"), "no clash, no prefix");
    assert!(both.consumers.iter().all(|c| {
        c.registration.path.starts_with("shop/") || c.registration.path.starts_with("logistics/")
    }));
    let row = |audit: &Audit| audit.audits[0].counts.implemented;
    assert_eq!(row(&both), row(&shop) + row(&logistics));
    let (_, again, _) = merge(dir.path(), &["logistics.json", "shop.json"]);
    let again: Audit = serde_json::from_str(&again).unwrap();
    assert_eq!(again.findings, both.findings, "the order of the files does not matter");

    let (code, _, err) = merge(dir.path(), &["shop.json", "nowhere.json"]);
    assert_eq!(code, Some(2));
    assert!(err.starts_with("error: cannot use nowhere.json: "), "{err}");
}
