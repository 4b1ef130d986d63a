//! `flowaudit explain`: how one verdict came about.

use super::args::{ExplainArgs, ExplainFormat};
use super::errors::Exit;
use super::{output, progress, scan};
use crate::report::{explain, json};

pub(super) fn run(args: &ExplainArgs) -> anyhow::Result<Exit> {
    let settings = scan::settings(&args.path, args.config.as_deref(), args.depth, args.policy)?;
    let (_audit, explained) =
        progress::shown(args.quiet, |progress| crate::explain_tree(&args.what, &settings, progress))?;
    let explanation = explained?;
    let to_file = args.output.is_some();
    let text = match args.format {
        ExplainFormat::Json => json::document(&explanation),
        ExplainFormat::Text => {
            let view = explain::View {
                width: output::width(to_file),
                color: output::colored(args.color, to_file),
                all: args.verbose,
            };
            explain::render(&explanation, view)
        }
    };
    output::write(&text, args.output.as_deref())?;
    Ok(Exit::Done)
}
