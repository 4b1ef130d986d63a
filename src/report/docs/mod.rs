//! Documents: an audit as the files that people open, written from templates.
//!
//! `views` turns the audit into plain data, `templates` holds the words, `keep` carries over what
//! people wrote, `diff` shows what is stale. Nothing here touches a file: what is there comes in as
//! text, what should be there goes out as text.

mod bound;
mod budget;
mod changes;
mod diff;
mod excerpt;
mod keep;
mod links;
mod markdown;
mod operations;
mod own_streams;
mod patterns;
mod templates;
mod views;

use std::fmt;
use std::path::Path;

pub use diff::unified;
pub use links::between;
pub use templates::{TemplateFile, check as check_templates, unknown as unknown_templates};

use crate::audit::{Audit, Control, Date};
use crate::config::Config;
use crate::report::words;

/// How a document of ours begins.
pub const MARK: &str = "<!-- flowaudit:document";

/// How a page of ours begins.
const PAGE_MARK: &str = "<!doctype html><!-- flowaudit";

/// What documents are made of.
#[derive(Clone, Copy)]
pub struct Material<'a> {
    /// The audit, whole.
    pub audit: &'a Audit,
    /// Audits, names and templates.
    pub config: &'a Config,
    /// The user's templates.
    pub templates: &'a [TemplateFile],
    /// What the documents say of themselves.
    pub stamp: &'a Stamp,
    /// The way from the documents' folder to the scanned one, with `/`.
    pub to_root: &'a str,
    /// The way from the scanned folder to the documents', with `/`.
    pub from_root: &'a str,
    /// An earlier audit to tell changes from.
    pub since: Option<&'a Audit>,
    /// Text of a scanned file, for excerpts.
    pub source: &'a dyn Fn(&str) -> Option<String>,
    /// The control whose gap or weakness a finding of a rule is.
    pub control_of: &'a dyn Fn(&str) -> Option<Control>,
}

/// What documents say of themselves, and are checked by: a check knows nothing else of the day, the
/// folder or the revision that they were written from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Their date.
    pub date: Date,
    /// The system that they are about.
    pub system: String,
    /// The revision of the code, where somebody said it.
    pub revision: Option<String>,
}

impl Stamp {
    /// The first line of a document.
    fn mark(&self, start: &str, template: &str) -> String {
        let revision = self.revision.as_ref().map(|it| format!(" revision={}", words::encoded(it, b"")));
        let (date, system) = (self.date, words::encoded(&self.system, b""));
        format!("{start} template={template} date={date} system={system}{} -->", revision.unwrap_or_default())
    }
}

/// A document as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its file name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What keeps documents from being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    /// The file that is to be mended: a template, a document, the configuration.
    pub file: String,
    /// Line, from 1; 0 when it is about the file as a whole.
    pub line: usize,
    /// Column, from 1; 0 when it is about the line as a whole.
    pub column: usize,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for place in [self.line, self.column].into_iter().take_while(|place| *place > 0) {
            write!(f, ":{place}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The names of the documents that a configuration asks for, in order: the summary, then the
/// audit and the checklist of each audit.
pub fn names(config: &Config, audit: &Audit) -> Vec<String> {
    let mut names = vec![config.reports.summary.clone()];
    for entry in &config.audits {
        names.push(views::audit_file(entry));
        if audit.checklists.iter().any(|checklist| checklist.name == entry.name) {
            names.push(views::checklist_file(entry));
        }
    }
    names
}

/// Every document, with nothing carried over yet.
pub fn documents(material: &Material<'_>) -> Result<Vec<Document>, DocumentError> {
    let names = names(material.config, material.audit);
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(DocumentError {
                file: crate::config::FILE_NAME.to_owned(),
                line: 0,
                column: 0,
                message: format!("two documents are called {name}; give one of them a `document` of its own"),
            });
        }
    }
    let texts = templates::Templates::new(material.templates)?;
    let views = views::Views::new(material, patterns::built_in(), operations::built_in());
    let mut out = Vec::new();
    let mut add = |name: String, template: &str, context: &tera::Context| {
        let text = markdown::tidy(&texts.render(template, context)?);
        let head = material.stamp.mark(MARK, template);
        out.push(Document { name, text: format!("{head}\n{text}") });
        Ok(())
    };
    add(material.config.reports.summary.clone(), "summary.md.tera", &views.summary()?)?;
    for entry in &material.config.audits {
        let own = entry.documents.template.as_ref().map(|mention| mention.name.as_str());
        add(views::audit_file(entry), own.unwrap_or("audit.md.tera"), &views.audit(entry)?)?;
        if let Some(context) = views.checklist(entry)? {
            add(views::checklist_file(entry), "checklist.md.tera", &context)?;
        }
    }
    Ok(out)
}

/// The page that holds everything.
pub fn page(material: &Material<'_>) -> Result<Document, DocumentError> {
    const TEMPLATE: &str = "page.html.tera";
    let texts = templates::Templates::new(material.templates)?;
    let views = views::Views::new(material, patterns::built_in(), operations::built_in());
    let body = texts.render(TEMPLATE, &views.page()?)?;
    let head = material.stamp.mark(&format!("{PAGE_MARK}:document"), TEMPLATE);
    Ok(Document { name: material.config.reports.page.clone(), text: format!("{head}\n{}\n", body.trim()) })
}

/// A document with what people wrote in the one that is there, and what became of the rest.
pub fn carried_over(document: &Document, old: &str) -> Result<(String, Vec<String>), DocumentError> {
    keep::carry_over(&document.name, &document.text, old)
}

/// Whether a text is a document of ours, so that it may be written over.
pub fn is_ours(text: &str) -> bool {
    text.starts_with(MARK) || text.starts_with(PAGE_MARK)
}

/// The date that a document of ours carries.
pub fn date_of(text: &str) -> Option<Date> {
    Date::parse(marked(text, "date")?.get(..10)?)
}

/// The system that a document of ours says it is about.
pub fn system_of(text: &str) -> Option<String> {
    marked(text, "system").map(links::decode)
}

/// The revision that a document of ours names.
pub fn revision_of(text: &str) -> Option<String> {
    marked(text, "revision").map(links::decode)
}

/// What the first line of a document of ours says under a key.
fn marked<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let head = text.lines().next().filter(|_| is_ours(text))?;
    head.split(' ').find_map(|part| part.strip_prefix(key)?.strip_prefix('='))
}

/// What a relative link of a document means, from its folder.
pub fn target<'p>(folder: &Path, link: &'p str) -> (std::path::PathBuf, Option<&'p str>) {
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    (folder.join(links::decode(path)), anchor)
}
