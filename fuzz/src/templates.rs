//! Templates of the user's, and what people left in a document that is written anew.

use super::sample;
use flowaudit::audit::Date;
use flowaudit::config::Config;
use flowaudit::report::docs::{self, Document, Material, Stamp, TemplateFile};

/// One input.
pub fn run(source: &[u8]) {
    let text = String::from_utf8_lossy(source).into_owned();
    let document = Document { name: "summary.md".to_owned(), text: text.clone() };
    let _ = docs::carried_over(&document, &text);
    docs::is_ours(&text);
    docs::date_of(&text);
    docs::system_of(&text);
    docs::revision_of(&text);
    docs::unified("summary.md", &text, "# Summary\n");

    let config = Config::default();
    let templates =
        [TemplateFile { name: "summary.md.tera".to_owned(), path: "summary.md.tera".to_owned(), text }];
    let stamp = Stamp { date: Date::from_unix(0), system: "shop".to_owned(), revision: None };
    let material = Material {
        audit: sample(),
        config: &config,
        templates: &templates,
        stamp: &stamp,
        to_root: "..",
        from_root: "docs",
        since: None,
        source: &|_| Some("package main\n".to_owned()),
        control_of: &|_| None,
    };
    let _ = docs::documents(&material);
}
