//! What the configuration says of documents: names, templates, checklists.

use std::path::{Path, PathBuf};

use super::parse::texts_at;
use crate::syntax::reader::{Map, Reader};
use crate::syntax::yaml::Node;

pub(super) const KEYS: &[&str] = &["title", "summary", "page", "templates", "checklists"];

/// Documents: their names, templates and checklists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportChoice {
    /// Heading of the summary, which is also what documents call the system; `None`: its folder's
    /// name, under a heading that fits any.
    pub title: Option<String>,
    /// File name of the summary.
    pub summary: String,
    /// File name of the HTML page.
    pub page: String,
    /// Folders with templates, joined to the configuration's folder.
    pub templates: Vec<PathBuf>,
    /// Files and folders with checklists, joined to the configuration's folder.
    pub checklists: Vec<PathBuf>,
}

impl ReportChoice {
    /// Heading of the summary.
    pub fn heading(&self) -> &str {
        self.title.as_deref().unwrap_or("Integration flows")
    }
}

impl Default for ReportChoice {
    fn default() -> Self {
        ReportChoice {
            title: None,
            summary: "integration-flows-implementation-summary.md".to_owned(),
            page: "flow-audit.html".to_owned(),
            templates: Vec::new(),
            checklists: Vec::new(),
        }
    }
}

pub(super) fn read(reader: &mut Reader, node: &Node, base: &Path) -> ReportChoice {
    let mut choice = ReportChoice::default();
    let Some(map) = reader.map(node, KEYS) else {
        return choice;
    };
    choice.title = reader.optional_text(map, "title").map(str::to_owned);
    if let Some(name) = file_name(reader, map, "summary") {
        choice.summary = name;
    }
    if let Some(node) = map.get("page")
        && let Some(name) = name_ending(reader, node, ".html")
    {
        choice.page = name;
    }
    choice.templates = existing(reader, map, "templates", base);
    choice.checklists = existing(reader, map, "checklists", base);
    choice
}

/// The name of a markdown file under a key.
pub(super) fn file_name(reader: &mut Reader, map: Map, key: &str) -> Option<String> {
    name_ending(reader, map.get(key)?, ".md")
}

fn name_ending(reader: &mut Reader, node: &Node, end: &str) -> Option<String> {
    let text = reader.text(node)?;
    if !is_file_name(text) {
        reader.mistake(node, format!("expected the name of a file, found `{text}`"));
        return None;
    }
    if !text.ends_with(end) {
        reader.mistake(node, format!("expected a name that ends in `{end}`, found `{text}`"));
        return None;
    }
    Some(text.to_owned())
}

/// Whether a text can be the name of a file, or the beginning of one, that stays in its folder.
pub(super) fn is_file_name(text: &str) -> bool {
    !text.starts_with('.') && !text.contains(|c: char| matches!(c, '/' | '\\') || c.is_control())
}

fn existing(reader: &mut Reader, map: Map, key: &str, base: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for (at, text) in texts_at(reader, map, key) {
        let path = base.join(&text);
        if path.exists() {
            paths.push(path);
        } else {
            reader.mistake(at, format!("there is no file or folder `{text}`"));
        }
    }
    paths
}
