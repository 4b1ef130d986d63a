//! `flowaudit explain`: how one verdict came about.

use super::args::{ExplainArgs, ExplainFormat};
use super::errors::Exit;
use super::{output, progress, scan};
use crate::audit::explanation::{Explained, Explanation};
use crate::report::{explain, json};

pub(super) fn run(args: &ExplainArgs) -> anyhow::Result<Exit> {
    let settings = scan::settings(&args.reading)?;
    let (audit, explained) =
        progress::shown(args.quiet, |progress| crate::explain_tree(&args.what, &settings, progress))?;
    // What a rule means does not depend on the tree.
    if !matches!(&explained, Ok(Explanation { subject: Explained::Rule(_), .. })) {
        scan::audited(&audit, &settings)?;
    }
    let explanation = explained?;
    let to_file = args.output.is_some();
    let view = explain::View {
        width: output::width(to_file),
        color: output::colored(args.color, to_file),
        all: args.verbose,
    };
    let text = match args.format {
        ExplainFormat::Json => json::document(&explanation),
        ExplainFormat::Markdown => explain::markdown(&explanation, view),
        ExplainFormat::Text => explain::text(&explanation, view),
    };
    output::write(&text, args.output.as_deref())?;
    Ok(Exit::Done)
}
