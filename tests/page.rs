//! The page and the graph from outside: that they hold what they should, lead where they say, and
//! let nothing out of its place that a repository may contain.

mod common;
mod support;

use std::fs;
use std::path::Path;

use common::sample;
use flowaudit::audit::{Audit, Confidence, Date, ItemState, Priority, Status};
use flowaudit::config::{Config, Denominator};
use flowaudit::report::docs::{self, Material, Stamp, target};
use flowaudit::report::graph::{self, Drawing, Graph};
use support::{copy_tree, platform, run};

const NASTY: &str = "</script></style></title>-->\"'><img src=x onerror=alert(1)>&amp;`|{{ x }}";

fn page(audit: &Audit, config: &Config) -> String {
    let date = Date::parse("2026-01-31").unwrap();
    let stamp = Stamp { date, system: NASTY.to_owned(), revision: Some(NASTY.to_owned()) };
    let material = Material {
        audit,
        config,
        templates: &[],
        stamp: &stamp,
        to_root: "..",
        from_root: "docs",
        since: Some(&Audit::default()),
        source: &|_| None,
        control_of: &flowaudit::controls::control_of,
    };
    docs::page(&material).unwrap().text
}

/// The sample, with names that try to be markup.
fn nasty() -> Audit {
    let text = serde_json::to_string(&sample()).unwrap();
    let quoted = serde_json::to_string(NASTY).unwrap();
    let quoted = quoted.trim_matches('"');
    let text = ["warehouse", "order.completed", "catalog"]
        .iter()
        .fold(text, |text, word| text.replace(word, quoted));
    serde_json::from_str(&text).unwrap()
}

/// The tags of a page, without what stands in its style and its script.
fn tags(page: &str) -> Vec<String> {
    let page =
        regex::Regex::new("(?s)(<style>).*?(</style>)").unwrap().replace_all(page, "$1$2").into_owned();
    let page =
        regex::Regex::new("(?s)(<script>).*?(</script>)").unwrap().replace_all(&page, "$1$2").into_owned();
    let tag = regex::Regex::new("<(/?[a-zA-Z][a-zA-Z0-9]*)[^<>]*?(/?)>").unwrap();
    tag.captures_iter(&page).filter(|it| it[2].is_empty()).map(|it| it[1].to_owned()).collect()
}

#[test]
fn names_stay_text() {
    let config = Config::default();
    let page = page(&nasty(), &config);
    let tags = tags(&page);
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "the names are shown");
    assert!(!tags.contains(&"img".to_owned()), "no name is a tag");
    for once in ["html", "head", "script", "body", "main"] {
        assert_eq!(tags.iter().filter(|tag| *tag == once).count(), 1, "{once}");
    }
    // Whatever is opened is closed in turn.
    let mut open = Vec::new();
    for tag in tags {
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "{open:?}"),
            None if ["meta", "input"].contains(&tag.as_str()) => {}
            None => open.push(tag),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_page_asks_nobody_for_anything() {
    let page = page(&sample(), &Config::default());
    let address = regex::Regex::new(r#"(?:src|href|action)="([^"]*)""#).unwrap();
    for found in address.captures_iter(&page) {
        assert!(!found[1].contains("://") && !found[1].starts_with("//"), "{}", &found[1]);
    }
    for word in ["@import", "url(http", "fetch(", "XMLHttpRequest", "<link", "<iframe"] {
        assert!(!page.contains(word), "{word}: {}", page.split(word).nth(1).map_or("", |it| &it[..80]));
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn drawings_of_any_name_keep_their_form() {
    let audit = nasty();
    let graph = Graph::of(&audit, &|_| true, &|_| true);
    let drawing = Drawing::of(&graph, Some(NASTY));
    let mermaid = graph::mermaid(&drawing);
    let line = regex::Regex::new(
        r#"^(flowchart LR|    n\d+[\[(]+"[^"<>`]*(<br/>[^"<>`]*)*"[\])]+|    n\d+ (-->|-\. looks like \.-) n\d+|    classDef .*|    class [n\d,]+ loose)$"#,
    )
    .unwrap();
    for found in mermaid.lines() {
        assert!(line.is_match(found), "{found}");
    }
    let dot = graph::dot(&drawing);
    assert!(dot.contains("\\\"'><img"), "{dot}");
    let svg = graph::svg(&drawing);
    assert!(svg.contains("&lt;/script&gt;") && !svg.contains("<img"), "{svg}");
}

#[test]
fn a_graph_says_who_sends_what_to_whom() {
    let (code, out, err) = run(&["graph", "."], &platform());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let id = |text: &str| {
        let line = out
            .lines()
            .find(|line| line.contains(&format!("\"{text}")))
            .unwrap_or_else(|| panic!("no {text}"));
        line.trim().split(['[', '(']).next().unwrap().to_owned()
    };
    let arrow =
        |from: &str, to: &str| out.lines().any(|line| line.trim() == format!("{} --> {}", id(from), id(to)));
    assert!(arrow("order\"", "order.status_changed"));
    for subscriber in ["fulfillment\"", "notification\"", "warehouse\""] {
        assert!(arrow("order.status_changed", subscriber), "{subscriber}");
    }
    assert!(!arrow("order.status_changed", "auth\""));
    assert!(
        out.contains("order.cancelled<br/>order.completed<br/>order.returned"),
        "what has the same ends shares a box"
    );
    assert!(out.contains(&format!(
        "{} -. looks like .- {}",
        id("product.created\""),
        id("catalog.product.created")
    )));

    let (_, again, _) = run(&["graph", ".", "--threads", "1"], &platform());
    assert_eq!(out, again);
    insta::assert_snapshot!(
        "graph_of_one_service",
        run(&["graph", ".", "--service", "catalog"], &platform()).1
    );
    insta::assert_snapshot!(
        "graph_as_dot",
        run(&["graph", ".", "--service", "catalog", "--format", "dot"], &platform()).1
    );
}

#[test]
fn the_graph_for_programs_has_places() {
    let (code, out, err) = run(&["graph", ".", "--format", "json"], &platform());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let graph: Graph = serde_json::from_str(&out).unwrap();
    let audit: Audit = serde_json::from_str(&support::scan_json(&platform(), &[])).unwrap();
    assert_eq!(graph.topics.iter().filter(|topic| topic.resolved).count(), audit.topics.len());
    for end in graph.topics.iter().flat_map(|topic| topic.publishers.iter().chain(&topic.subscribers)) {
        let text = fs::read_to_string(platform().join(&end.at.path)).unwrap();
        assert!((1..=text.lines().count()).contains(&(end.at.line as usize)), "{end:?}");
    }
    let schema: serde_json::Value =
        serde_json::from_str(&flowaudit::report::json::schema::<Graph>()).unwrap();
    assert!(jsonschema::is_valid(&schema, &serde_json::from_str(&out).unwrap()));

    let (code, _, err) = run(&["graph", ".", "--service", "catalgo"], &platform());
    assert_eq!(code, Some(2));
    assert!(err.contains("catalog"), "{err}");
}

/// The rectangles of a picture: left, top, right, bottom.
fn rectangles(svg: &str) -> Vec<[f64; 4]> {
    let rect =
        regex::Regex::new(r#"<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)""#).unwrap();
    let number = |text: &str| text.parse::<f64>().unwrap();
    let of = |it: regex::Captures<'_>| {
        let [x, y, w, h] = [1, 2, 3, 4].map(|index| number(&it[index]));
        [x, y, x + w, y + h]
    };
    rect.captures_iter(svg).map(of).collect()
}

#[test]
fn boxes_of_a_picture_do_not_overlap() {
    let (_, svg, _) = run(&["graph", ".", "--format", "svg"], &platform());
    let boxes = rectangles(&svg);
    assert!(boxes.len() > 40, "{}", boxes.len());
    for (index, a) in boxes.iter().enumerate() {
        for b in &boxes[index + 1..] {
            let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
            assert!(apart, "{a:?} {b:?}");
        }
    }
}

#[test]
fn the_page_is_written_checked_and_leads_to_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    copy_tree(&platform(), dir.path(), &|path: &Path, bytes| (path.to_owned(), bytes));
    let report =
        |more: &[&str]| run(&[&["report", ".", "-o", "docs", "--format", "html"], more].concat(), dir.path());
    assert_eq!(report(&["--date", "2026-01-31"]).0, Some(0));
    let file = dir.path().join("docs/flow-audit.html");
    let page = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::read_dir(dir.path().join("docs")).unwrap().count(), 1, "the page alone");

    for figure in ["58 % (11 of 19)", "37 % (7 of 19)", "83 % (5 of 6)", "50 % (3 of 6)", "67 % (4 of 6)"] {
        assert!(page.contains(figure), "{figure}");
    }
    let ids = regex::Regex::new(r#" id="([^"]+)""#).unwrap();
    let ids: Vec<&str> = ids.captures_iter(&page).map(|it| it.get(1).unwrap().as_str()).collect();
    let address = regex::Regex::new(r#"href="([^"]+)"[^>]*>([^<]*)<"#).unwrap();
    let mut lines = 0;
    for found in address.captures_iter(&page) {
        let (href, label) = (&found[1], &found[2]);
        if let Some(own) = href.strip_prefix('#') {
            assert!(ids.contains(&own), "nothing is called {href}");
            continue;
        }
        let (path, at) = target(&dir.path().join("docs"), href);
        assert!(path.exists(), "{href} leads nowhere");
        let Some(number) = at.and_then(|at| at.strip_prefix('L')) else { continue };
        let count = fs::read_to_string(&path).unwrap().lines().count();
        assert!((1..=count).contains(&number.parse::<usize>().unwrap()), "{href} is past the end");
        assert!(!label.contains(':') || label.ends_with(&format!(":{number}")), "{label} leads to {href}");
        lines += 1;
    }
    assert!(lines > 500, "{lines} lines");
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(ids.len(), unique.len(), "every id is there once");

    assert_eq!(
        report(&["--check", "--threads", "1"]),
        (Some(0), "1 document is up to date\n".to_owned(), String::new())
    );
    fs::write(&file, page.replacen("58 %", "98 %", 1)).unwrap();
    let (code, out, err) = report(&["--check"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("98 %") && err.contains("--format html"), "{out}{err}");
    fs::remove_file(&file).unwrap();
    assert!(report(&["--check"]).1.contains("flow-audit.html is missing"));
}

#[test]
fn the_page_has_the_name_and_the_template_that_the_configuration_says() {
    let dir = tempfile::tempdir().unwrap();
    copy_tree(&platform(), dir.path(), &|path: &Path, bytes| (path.to_owned(), bytes));
    let config = dir.path().join("flowaudit.yaml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\nreports:\n  page: flows.html\n  templates: [own]\n")).unwrap();
    fs::create_dir(dir.path().join("own")).unwrap();
    fs::write(dir.path().join("own/page.css.tera"), "body{color:teal}").unwrap();
    let args = ["report", ".", "-o", "docs", "--format", "html,markdown", "--date", "2026-01-31"];
    assert_eq!(run(&args, dir.path()).0, Some(0));
    let page = fs::read_to_string(dir.path().join("docs/flows.html")).unwrap();
    assert!(page.contains("body{color:teal}") && !page.contains("--service:"), "the style is replaced");
    assert_eq!(fs::read_dir(dir.path().join("docs")).unwrap().count(), 6);

    fs::write(dir.path().join("own/page.html.tera"), "<html>\n{{ nobody.knows }}").unwrap();
    let (code, _, err) = run(&args, dir.path());
    assert_eq!(code, Some(2));
    assert!(err.contains("page.html.tera:2:"), "{err}");
    assert_eq!(fs::read_to_string(dir.path().join("docs/flows.html")).unwrap(), page, "it is as it was");
}

#[test]
fn an_audit_of_ones_own_has_its_matrix() {
    let mut config = Config::default();
    config.audits[0].title = "Money & <goods>".to_owned();
    config.audits[0].denominator = Denominator::Scope;
    assert!(page(&sample(), &config).contains("<h2>Money &amp; &lt;goods&gt;</h2>"));
}

#[test]
fn the_page_shows_what_is_weak_beside_what_is_in_place() {
    let page = page(&sample(), &Config::default());
    let (_, mark) = page.split_once("known weakness: <a href=\"#").expect("a control in place is weak");
    let (anchor, _) = mark.split_once('"').unwrap();
    assert!(anchor.starts_with("findings-") && page.contains(&format!("id=\"{anchor}\"")), "{anchor}");
}

#[test]
fn the_page_says_what_to_do_first_and_what_its_words_mean() {
    let page = page(&sample(), &Config::default());
    let part = |id: &str| {
        let (_, rest) =
            page.split_once(&format!("<section id=\"{id}\">")).unwrap_or_else(|| panic!("no {id}"));
        rest.split_once("</section>").unwrap().0.to_owned()
    };
    let first = part("first");
    assert!(!sample().findings.is_empty());
    for finding in sample().findings.iter().filter(|finding| finding.suppressed.is_none()) {
        let link = format!("<a href=\"#findings-{}-", finding.priority);
        assert!(first.contains(&link), "{link}");
        let rule = format!("<code>{}</code></a>", finding.rule);
        assert!(first.contains(&rule), "{rule}");
        assert!(first.contains(&format!("<h3>{}</h3>", finding.priority)), "{first}");
    }
    let legend = part("legend");
    let words = Status::ALL.iter().map(|it| format!("class=\"mark {it}\""));
    let words = words.chain(ItemState::ALL.iter().map(|it| format!("class=\"mark {it}\"")));
    let words = words.chain(Confidence::ALL.iter().map(|it| format!("<dt>{it}</dt>")));
    let words = words.chain(Priority::ALL.iter().map(|it| format!("<dt>{it}</dt>")));
    for word in words {
        assert!(legend.contains(&word), "{word}: {legend}");
    }
    for title in
        ["Idempotency", "Dead letter", "Schema validation", "Cache invalidation", "Outbox", "Topic alignment"]
    {
        assert!(legend.contains(&format!("<dt>{title}</dt>")), "{title}: {legend}");
    }
}

#[test]
fn the_page_has_the_items_of_the_checklists() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["report", ".", "-o"];
    let folder = dir.path().join("docs").display().to_string();
    let (code, _, err) = run(
        &[&args[..], &[&folder, "--date", "2026-01-31", "--format", "markdown,html"]].concat(),
        &platform(),
    );
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let page = fs::read_to_string(dir.path().join("docs/flow-audit.html")).unwrap();
    let item = regex::Regex::new(r"(?m)^- \[(x| )\] \*\*.*\*\* \(([\w-]+)\): (\w+)").unwrap();
    let section = regex::Regex::new(r"(?m)^(\d+) % \((\d+ of \d+) items\) done").unwrap();
    let mut items = 0;
    for name in ["event-processing", "data-synchronization"] {
        let list = dir.path().join(format!("docs/integration-flows_{name}_workflow_checklist.md"));
        let list = fs::read_to_string(list).unwrap();
        for found in item.captures_iter(&list) {
            items += 1;
            let shown = format!("<small>{}</small>", &found[2]);
            let line =
                page.lines().find(|line| line.contains(&shown)).unwrap_or_else(|| panic!("no {shown}"));
            assert!(line.contains(&format!("\">{}", &found[3])), "{line}");
        }
        for found in section.captures_iter(&list) {
            let figure = format!("{} % <span class=\"count\">{}</span>", &found[1], &found[2]);
            assert!(page.contains(&figure), "{figure}");
        }
    }
    assert!(items > 100, "{items} items");
}

#[test]
fn the_page_is_called_by_its_title_or_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("Shop & Co");
    copy_tree(&platform(), &root, &|path: &Path, bytes| (path.to_owned(), bytes));
    let page = |root: &Path| fs::read_to_string(root.join("docs/flow-audit.html")).unwrap();
    let report = |root: &Path, more: &[&str]| {
        run(&[&["report", ".", "-o", "docs", "--format", "html"], more].concat(), root)
    };
    assert_eq!(report(&root, &["--date", "2026-01-31"]).0, Some(0));
    assert!(page(&root).contains("<title>Shop &amp; Co: flow audit</title>"));

    // A checkout of another name is the same repository.
    let other = dir.path().join("checkout-7");
    fs::rename(&root, &other).unwrap();
    assert_eq!(report(&other, &["--check"]).0, Some(0));

    let config = other.join("flowaudit.yaml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\nreports: {{title: Our flows}}\n")).unwrap();
    assert_eq!(report(&other, &[]).0, Some(0));
    assert!(page(&other).contains("<h1>Our flows: flow audit</h1>"));
}
