//! `flowaudit explain`: how one verdict came about.

use super::args::{ExplainArgs, ExplainFormat};
use super::errors::Exit;
use super::{audit, output};
use crate::audit::explanation::{Explained, Explanation};
use crate::report::{explain, json};

pub(super) fn run(args: &ExplainArgs) -> anyhow::Result<Exit> {
    let settings = audit::settings(&args.audit)?;
    let (audit, explained) = audit::on_threads(&settings, args.audit.quiet, |progress| {
        crate::explain_tree(&args.what, &settings, progress)
    })?;
    // What a rule means does not depend on the tree.
    if !matches!(&explained, Ok(Explanation { subject: Explained::Rule(_), .. })) {
        audit::check(&audit, &settings)?;
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
