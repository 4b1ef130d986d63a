//! `flowaudit report`: the documents, written or checked.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::args::{ReportArgs, ReportFormat};
use super::audit;
use super::errors::{BadDocuments, CannotWrite, Exit, NotOurs, Stale};
use crate::audit::{Audit, Date};
use crate::config::{Config, Settings};
use crate::controls;
use crate::report::docs::{self, Document, DocumentError, Material, Stamp, TemplateFile};

/// No scanned file that is larger is shown in an excerpt.
const MAX_SOURCE: u64 = 4 << 20;

pub(super) fn run(args: &ReportArgs) -> anyhow::Result<Exit> {
    let settings = audit::settings(&args.audit)?;
    let folder = Folder::new(&args.output)?;
    let there = args.check.then(|| folder.first(&settings, &args.format)).flatten();
    let stamp = stamp(args.date, args.revision.clone(), there.as_deref(), args.check, &settings);
    // What expires does so by the documents' own date, unless somebody says a day.
    let as_of = args.audit.as_of.or(Some(stamp.date));
    let settings = Settings { as_of, checklists: true, ..settings };
    let since = match (&args.since, &args.against) {
        (Some(file), _) => Some(audit::read(file)?),
        (None, Some(rev)) => Some(audit::at_revision(&settings, rev, args.audit.quiet)?.0),
        (None, None) => None,
    };
    let written = compared(&settings, &folder, &args.format, &stamp, since.as_ref(), args.audit.quiet)?;
    if args.check { check(&folder, &written, args) } else { write(&folder, &written, args.audit.quiet) }
}

/// The documents in `folder` that are missing or stale: each with its path from the audited folder
/// and a sentence about it.
pub(super) fn stale(
    settings: &Settings,
    folder: &Path,
    quiet: bool,
) -> anyhow::Result<Vec<(String, String)>> {
    let folder = Folder::new(folder)?;
    // The page is for who wants it: where it is not, it is not missing.
    let page = folder.path.join(&settings.config.reports.page).exists();
    let formats = [ReportFormat::Markdown, ReportFormat::Html];
    let formats = if page { &formats[..] } else { &formats[..1] };
    let stamp = stamp(None, None, folder.first(settings, formats).as_deref(), true, settings);
    let settings = Settings { as_of: Some(stamp.date), checklists: true, ..settings.clone() };
    let written = compared(&settings, &folder, formats, &stamp, None, quiet)?;
    let from_root = docs::between(&fs::canonicalize(&settings.root)?, &folder.absolute);
    let stale = written.into_iter().filter(|document| !document.is_fresh());
    Ok(stale
        .map(|document| {
            let what = if document.there.is_some() { "is stale" } else { "is missing" };
            let message = format!("The document {} {what}.", document.name);
            (format!("{from_root}/{}", document.name), message)
        })
        .collect())
}

/// Every document of these formats as it should be beside what is there.
fn compared(
    settings: &Settings,
    folder: &Folder,
    formats: &[ReportFormat],
    stamp: &Stamp,
    since: Option<&Audit>,
    quiet: bool,
) -> anyhow::Result<Vec<Compared>> {
    let templates = templates(&settings.config)?;
    docs::check_templates(&settings.config, &templates).map_err(BadDocuments)?;
    let audit = audit::audit(settings, quiet)?;
    audit::check(&audit, settings)?;
    let root = fs::canonicalize(&settings.root)?;
    let source = |path: &str| {
        let path = root.join(path);
        let readable = fs::metadata(&path).is_ok_and(|it| it.is_file() && it.len() <= MAX_SOURCE);
        readable
            .then(|| fs::read(&path).ok())
            .flatten()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    let material = Material {
        audit: &audit,
        config: &settings.config,
        templates: &templates,
        stamp,
        to_root: &docs::between(&folder.absolute, &root),
        from_root: &docs::between(&root, &folder.absolute),
        since,
        source: &source,
        control_of: &controls::control_of,
    };
    let wanted = wanted(formats, &material).map_err(|error| BadDocuments(vec![error]))?;
    folder.compare(wanted)
}

/// What was asked for, as it should be.
fn wanted(formats: &[ReportFormat], material: &Material<'_>) -> Result<Vec<Document>, DocumentError> {
    let mut wanted = Vec::new();
    if formats.contains(&ReportFormat::Markdown) {
        wanted.extend(docs::documents(material)?);
    }
    if formats.contains(&ReportFormat::Html) {
        wanted.push(docs::page(material)?);
    }
    Ok(wanted)
}

/// A document as it should be, beside what is there.
struct Compared {
    name: String,
    text: String,
    there: Option<String>,
    /// What people wrote that has lost its place.
    lost: Vec<String>,
}

impl Compared {
    fn is_fresh(&self) -> bool {
        self.there.as_ref() == Some(&self.text)
    }
}

/// The folder of the documents, which need not exist.
struct Folder {
    path: PathBuf,
    absolute: PathBuf,
}

impl Folder {
    fn new(path: &Path) -> anyhow::Result<Folder> {
        let whole = std::path::absolute(path)?;
        // What exists of it is resolved, so that links lead out of links.
        let mut missing = Vec::new();
        let mut there = whole.as_path();
        let absolute = loop {
            if let Ok(found) = fs::canonicalize(there) {
                if !found.is_dir() {
                    let why = io::Error::new(io::ErrorKind::NotADirectory, "it is no folder");
                    return Err(CannotWrite { path: there.to_owned(), why }.into());
                }
                break missing.iter().rev().fold(found, |path, part| path.join(part));
            }
            let (Some(parent), Some(name)) = (there.parent(), there.file_name()) else { break whole.clone() };
            missing.push(name.to_owned());
            there = parent;
        };
        Ok(Folder { path: path.to_owned(), absolute })
    }

    /// The text of the first of the documents, when it is there.
    fn first(&self, settings: &Settings, formats: &[ReportFormat]) -> Option<String> {
        let reports = &settings.config.reports;
        let markdown = formats.contains(&ReportFormat::Markdown);
        self.read(if markdown { &reports.summary } else { &reports.page }).ok()?
    }

    /// The text of a file in it; nothing when it is not there.
    fn read(&self, name: &str) -> anyhow::Result<Option<String>> {
        match fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(why) => Err(CannotWrite { path: self.path.join(name), why }.into()),
        }
    }

    /// Lays documents beside the ones that are there and carries over what people wrote in them.
    fn compare(&self, documents: Vec<Document>) -> anyhow::Result<Vec<Compared>> {
        let (mut out, mut mistakes) = (Vec::new(), Vec::new());
        for document in documents {
            let there = self.read(&document.name)?;
            let (mut text, mut lost) = (document.text.clone(), Vec::new());
            if let Some(old) = &there {
                if !docs::is_ours(old) {
                    return Err(NotOurs { path: self.path.join(&document.name) }.into());
                }
                match docs::carried_over(&document, old) {
                    Ok(carried) => (text, lost) = carried,
                    Err(mut mistake) => {
                        mistake.file = self.path.join(&mistake.file).display().to_string();
                        mistakes.push(mistake);
                    }
                }
            }
            out.push(Compared { name: document.name, text, there, lost });
        }
        if mistakes.is_empty() { Ok(out) } else { Err(BadDocuments(mistakes).into()) }
    }

    /// Puts a whole file into its place, or leaves the place as it is.
    fn put(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.path.join(name);
        let written = (|| {
            let mut file = tempfile::Builder::new().prefix(".flowaudit-").tempfile_in(&self.path)?;
            file.write_all(text.as_bytes())?;
            open_to_all(file.as_file())?;
            file.persist(&path).map_err(|error| error.error)
        })();
        written.map(drop).map_err(|why| CannotWrite { path, why }.into())
    }
}

/// Temporary files are their owner's alone; documents are everybody's.
#[cfg(unix)]
fn open_to_all(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn open_to_all(_: &fs::File) -> io::Result<()> {
    Ok(())
}

fn write(folder: &Folder, documents: &[Compared], quiet: bool) -> anyhow::Result<Exit> {
    fs::create_dir_all(&folder.path).map_err(|why| CannotWrite { path: folder.path.clone(), why })?;
    for document in documents {
        if !document.is_fresh() {
            folder.put(&document.name, &document.text)?;
        }
    }
    tell_lost(documents);
    if !quiet {
        let mut out = io::stdout().lock();
        for document in documents {
            let state = match &document.there {
                None => "new      ",
                Some(there) if *there == document.text => "unchanged",
                Some(_) => "changed  ",
            };
            writeln!(out, "{state}  {}", folder.path.join(&document.name).display())?;
        }
    }
    Ok(Exit::Done)
}

fn check(folder: &Folder, documents: &[Compared], args: &ReportArgs) -> anyhow::Result<Exit> {
    let stale: Vec<&Compared> = documents.iter().filter(|document| !document.is_fresh()).collect();
    tell_lost(documents);
    if stale.is_empty() {
        if !args.audit.quiet {
            let count = match documents.len() {
                1 => "1 document is".to_owned(),
                number => format!("{number} documents are"),
            };
            writeln!(io::stdout(), "{count} up to date")?;
        }
        return Ok(Exit::Done);
    }
    let mut out = io::stdout().lock();
    for document in &stale {
        let path = folder.path.join(&document.name).display().to_string();
        match &document.there {
            None => writeln!(out, "{path} is missing\n")?,
            Some(there) => writeln!(out, "{}", docs::unified(&path, there, &document.text))?,
        }
    }
    out.flush()?;
    let names = stale.iter().map(|document| document.name.clone()).collect();
    let root = args.audit.path.display();
    let formats: Vec<_> = args.format.iter().filter_map(ValueEnum::to_possible_value).collect();
    let formats: Vec<&str> = formats.iter().map(PossibleValue::get_name).collect();
    let format = match formats.as_slice() {
        ["markdown"] => String::new(),
        several => format!(" --format {}", several.join(",")),
    };
    Err(Stale { names, command: format!("flowaudit report {root} -o {}{format}", folder.path.display()) }
        .into())
}

fn tell_lost(documents: &[Compared]) {
    for lost in documents.iter().flat_map(|document| &document.lost) {
        let _ = writeln!(io::stderr(), "warning: {lost}");
    }
}

/// The user's templates: every `.tera` file of the configured folders, in order of name.
pub(super) fn templates(config: &Config) -> Result<Vec<TemplateFile>, BadDocuments> {
    let mut found = Vec::new();
    for folder in &config.reports.templates {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(|error| unreadable(folder, &error))?;
        let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|end| end == "tera"));
        paths.sort();
        for path in paths {
            let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push(TemplateFile { name, path: path.display().to_string(), text });
        }
    }
    Ok(found)
}

fn unreadable(path: &Path, error: &io::Error) -> BadDocuments {
    BadDocuments(vec![DocumentError {
        file: path.display().to_string(),
        line: 0,
        column: 0,
        message: format!("cannot be read: {error}"),
    }])
}

/// What documents say of themselves: what was asked for, or is said by those that are there, or
/// follows from the folder.
fn stamp(
    date: Option<Date>,
    revision: Option<String>,
    there: Option<&str>,
    check: bool,
    settings: &Settings,
) -> Stamp {
    // A checkout may have any name: a check takes the one that was written.
    let system = settings.config.reports.title.clone().or_else(|| there.and_then(docs::system_of));
    Stamp {
        date: self::date(date.or_else(|| there.and_then(docs::date_of)), check, settings),
        system: system.unwrap_or_else(|| folder_name(&settings.root)),
        revision: revision.or_else(|| there.and_then(docs::revision_of)),
    }
}

/// The name of a folder, however it was given.
fn folder_name(root: &Path) -> String {
    let whole = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    whole.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The date that documents carry: the one that was asked for or is there already, else that of the
/// build or of the newest commit, else today.
fn date(known: Option<Date>, check: bool, settings: &Settings) -> Date {
    known.or_else(audit::of_environment).or_else(|| of_commit(&settings.root)).unwrap_or_else(|| {
        // A check has no clock: what was never written is missing whatever its date.
        if check { Date::from_unix(0) } else { audit::today() }
    })
}

/// The day of the newest commit, when the folder is under git.
fn of_commit(root: &Path) -> Option<Date> {
    let run = Command::new("git").arg("-C").arg(root).args(["log", "-1", "--format=%ct"]).output().ok()?;
    let text = String::from_utf8(run.stdout).ok()?;
    run.status.success().then(|| text.trim().parse().ok().map(Date::from_unix)).flatten()
}
