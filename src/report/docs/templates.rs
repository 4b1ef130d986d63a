//! Templates: the built-in ones, the user's on top, and errors that name file and line.

use std::io;

use tera::{Context, ErrorKind, Kwargs, State, Tera};

use super::bound::Bounded;
use super::budget::Budget;
use super::{DocumentError, markdown};
use crate::config::{Config, Names};
use crate::report::words;
use crate::syntax::reader::{Mistake, closest};

const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// Nobody reads a document that is larger, and loops in loops would fill the memory.
const MAX_DOCUMENT: usize = 16 << 20;

/// Takes what a template makes, up to a bound.
#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_DOCUMENT {
            self.is_full = true;
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A template of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFile {
    /// Its file name, which says what it replaces.
    pub name: String,
    /// Where it is, for messages.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// The templates in force.
pub struct Templates<'a> {
    tera: Tera,
    own: &'a [TemplateFile],
    /// The user's as the engine gets them, in their order.
    bounded: Vec<Bounded>,
    budget: Budget,
}

impl<'a> Templates<'a> {
    /// The built-in templates with the user's on top.
    pub fn new(own: &'a [TemplateFile]) -> Result<Templates<'a>, DocumentError> {
        let mut tera = Tera::new();
        tera.autoescape_on(vec![".html.tera"]);
        tera.register_filter("code", |text: &str, _: Kwargs, _: &State| markdown::code(text));
        tera.register_filter("text", |text: &str, _: Kwargs, _: &State| markdown::text(text));
        tera.register_filter("prose", |text: &str, _: Kwargs, _: &State| markdown::prose(text));
        tera.register_filter("anchor", |text: &str, _: Kwargs, _: &State| markdown::anchor(text));
        tera.register_filter("count", |number: u64, kwargs: Kwargs, _: &State| {
            let noun = kwargs.must_get::<&str>("of")?;
            Ok::<_, tera::Error>(words::count(number as usize, noun))
        });
        let budget = Budget::default();
        budget.register(&mut tera);
        let bounded: Vec<Bounded> = own.iter().map(|file| Bounded::new(&file.text)).collect();
        let names = |path: &'static str| path.rsplit('/').next().unwrap_or(path);
        let mut all: Vec<(&str, &str)> = BUILT_IN.iter().map(|&(path, text)| (names(path), text)).collect();
        // What a template of the user's has in it of the built-in ones counts as well.
        let included: Vec<Bounded> = if own.is_empty() {
            Vec::new()
        } else {
            all.iter().map(|(_, text)| Bounded::new(text)).collect()
        };
        for ((_, text), included) in all.iter_mut().zip(&included) {
            *text = &included.text;
        }
        for (file, bounded) in own.iter().zip(&bounded) {
            all.retain(|(name, _)| *name != file.name);
            all.push((&file.name, &bounded.text));
        }
        let added = tera.add_raw_templates(all);
        let templates = Templates { tera, own, bounded, budget };
        match added {
            Ok(()) => Ok(templates),
            Err(error) => Err(templates.told(&error, "templates")),
        }
    }

    /// A template filled in.
    pub fn render(&self, template: &str, context: &Context) -> Result<String, DocumentError> {
        let mut out = Output::default();
        self.budget.reset();
        let rendered = self.tera.render_to(template, context, &mut out);
        if out.is_full {
            let message = format!("what it makes is larger than {} MiB", MAX_DOCUMENT >> 20);
            return Err(DocumentError { file: self.place(template), line: 0, column: 0, message });
        }
        rendered.map_err(|error| self.told(&error, template))?;
        // Templates and what fills them are text.
        Ok(String::from_utf8_lossy(&out.bytes).into_owned())
    }

    /// Where a template is, for messages.
    fn place(&self, name: &str) -> String {
        let own = self.own.iter().find(|file| file.name == name);
        own.map_or_else(|| format!("templates/{name}"), |file| file.path.clone())
    }

    fn told(&self, error: &tera::Error, template: &str) -> DocumentError {
        match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
                let (line, column) = (report.span().start_line, report.span().start_col);
                let own = self.own.iter().position(|file| file.name == report.filename());
                let column = own.map_or(column, |index| self.bounded[index].column(line, column));
                let file = self.place(report.filename());
                DocumentError { file, line, column: column + 1, message: report.message().to_owned() }
            }
            other => DocumentError {
                file: self.place(template),
                line: 0,
                column: 0,
                message: other.to_string().lines().next().unwrap_or_default().to_owned(),
            },
        }
    }
}

/// Templates that audits name and nobody has: misspellings.
pub fn unknown(config: &Config, own: &[TemplateFile]) -> Vec<Mistake> {
    let mut known: Vec<&str> = built_in().collect();
    known.extend(own.iter().map(|file| file.name.as_str()));
    config.unknown(Names::Template, &known)
}

/// The names of the built-in templates.
fn built_in() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().filter_map(|(path, _)| path.rsplit('/').next())
}

/// The user's templates that nothing uses: misspellings as well.
pub fn check(config: &Config, own: &[TemplateFile]) -> Result<(), Vec<DocumentError>> {
    let built_in: Vec<&str> = built_in().collect();
    let meant = |name: &str, known: &[&str]| {
        closest(name, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
    };
    let mut mistakes = Vec::new();
    let named: Vec<_> = config.audits.iter().filter_map(|audit| audit.documents.template.as_ref()).collect();
    for file in own {
        let quoted = [format!("\"{}\"", file.name), format!("'{}'", file.name)];
        let used = built_in.contains(&file.name.as_str())
            || named.iter().any(|mention| mention.name == file.name)
            || own.iter().any(|other| quoted.iter().any(|name| other.text.contains(name)));
        if !used {
            mistakes.push(DocumentError {
                file: file.path.clone(),
                line: 0,
                column: 0,
                message: format!(
                    "it replaces no built-in template and nothing uses it{}",
                    meant(&file.name, &built_in)
                ),
            });
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let text = text.to_owned();
        let own = [TemplateFile {
            name: "summary.md.tera".to_owned(),
            path: "house/summary.md.tera".to_owned(),
            text,
        }];
        Templates::new(&own).unwrap().render("summary.md.tera", &Context::new()).unwrap_err().to_string()
    }

    #[test]
    fn loops_that_make_nothing_end_as_well() {
        let deep = |inner: &str, text: &str| (0..6).fold(text.to_owned(), |all, _| inner.replace('@', &all));
        let loops = deep("{% for i in range(end=9000) %}@{% endfor %}", "");
        let first = refused(&format!("a\n{loops}"));
        assert_eq!(
            first,
            "house/summary.md.tera:2:179: the loops of this document go round more than 4000000 times"
        );
        let lists = "[[i for i in range(end=9000)] for i in range(end=9000)]";
        assert!(refused(&format!("{{% if {lists} %}}{{% endif %}}")).contains("more than 4000000 times"));
        let doubled = "{% set s = 'ab' %}{% for i in range(end=90) %}{% set_global s = s ~ s %}{% endfor %}";
        assert_eq!(refused(doubled), "house/summary.md.tera:1:71: what is kept here is larger than 1024 KiB");
    }

    #[test]
    fn what_is_made_on_the_way_is_bounded_wherever_it_is_made() {
        // A text of 64 KiB, and a list of as many elements.
        let some = "{% set s = 'ab' %}{% for i in range(end=15) %}{% set_global s = s ~ s %}{% endfor %}\
                    {% set l = [i for i in range(end=65536)] %}";
        for (template, why) in [
            (
                "{% set x %}{% for i in range(end=90000) %}{{ s }}{% endfor %}{% endset %}",
                "makes more than 128 MiB",
            ),
            (
                "{% set x %}{% for i in range(end=90000) %}{{ s | upper }}{% endfor %}{% endset %}",
                "makes more",
            ),
            (
                "{% set x %}{% for i in range(end=90000) %}@{% endfor %}{% endset %}",
                "makes more than 128 MiB",
            ),
            (
                "{% set x %}{% for i in range(end=30) %}{{ s }}{% endfor %}{% endset %}",
                "larger than 1024 KiB",
            ),
            (
                "{% filter upper %}{% for i in range(end=90000) %}{{ s }}{% endfor %}{% endfilter %}",
                "makes more",
            ),
            ("{% if s | replace(from='a', to=s) %}{% endif %}", "makes more than 128 MiB"),
            (
                "{% if s | replace(from='', to='\n') | indent(width=1000, blank=true) %}{% endif %}",
                "makes more",
            ),
            ("{% if l | join(sep=s) %}{% endif %}", "makes more than 128 MiB"),
            ("{% if l | unique %}{% endif %}", "goes through more than 4 GiB"),
            ("{% if [s ~ i for i in range(end=90000)] %}{% endif %}", "makes more than 128 MiB"),
            ("{% if [s | upper for i in range(end=90000)] %}{% endif %}", "makes more than 128 MiB"),
            (
                "{% if s ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] ~ [l, l] %}{% endif %}",
                "makes more than 128 MiB",
            ),
            (
                "{% set a = [l] %}{% for i in range(end=90) %}{% set_global a = [a, a] %}{% endfor %}",
                "goes through more than 4 GiB",
            ),
            (
                "{% set a = [1] %}{% for i in range(end=90) %}{% set_global a = [a] %}{% endfor %}",
                "nested deeper than 64",
            ),
            (
                "{% for i in range(end=90000) %}{% if l == l or s in l %}{% endif %}{% endfor %}",
                "goes through more",
            ),
            (
                "{% component c(s) %}{{ s }}{{ s }}{% endcomponent %}{% set x %}{% for i in range(end=90000) %}{{ <c s={s} /> }}{% endfor %}{% endset %}",
                "makes more",
            ),
        ] {
            let (components, template) = match template.split_once("{% endcomponent %}") {
                Some((component, rest)) => (format!("{component}{{% endcomponent %}}"), rest),
                None => (String::new(), template),
            };
            let template = template.replace('@', &"0123456789".repeat(1000));
            let told = refused(&format!("{components}{some}\n{template}"));
            assert!(
                told.contains(why) && told.starts_with("house/summary.md.tera:"),
                "{template:.100}: {told}"
            );
        }
    }

    #[test]
    fn a_template_that_makes_too_much_is_stopped() {
        let inner = "{% for i in range(end=9000) %}0123456789{% endfor %}";
        let file = TemplateFile {
            name: "summary.md.tera".to_owned(),
            path: "house/summary.md.tera".to_owned(),
            text: format!("{{% for i in range(end=9000) %}}{inner}{{% endfor %}}"),
        };
        let own = [file];
        let templates = Templates::new(&own).unwrap();
        let error = templates.render("summary.md.tera", &Context::new()).unwrap_err();
        assert_eq!(error.to_string(), "house/summary.md.tera: what it makes is larger than 16 MiB");
    }
}
