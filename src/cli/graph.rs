//! `flowaudit graph`: who publishes what to whom.

use super::args::{GraphArgs, GraphFormat};
use super::errors::{Exit, UnknownService};
use super::{audit, output};
use crate::report::graph::{self, Drawing, Graph};
use crate::report::json;

pub(super) fn run(args: &GraphArgs) -> anyhow::Result<Exit> {
    let settings = audit::settings(&args.audit)?;
    let audit = audit::audit(&settings, args.audit.quiet)?;
    audit::check(&audit, &settings)?;
    let known: Vec<String> = audit.services.iter().map(|service| service.name.clone()).collect();
    if let Some(name) = args.service.iter().find(|name| !known.contains(name)) {
        return Err(UnknownService { name: name.clone(), known }.into());
    }
    let shown = |name: &str| args.service.is_empty() || args.service.iter().any(|it| it == name);
    let graph = Graph::of(&audit, &shown, &|_| true);
    let subject = if let [one] = args.service.as_slice() { Some(one.as_str()) } else { None };
    let drawing = || Drawing::of(&graph, subject);
    let text = match args.format {
        GraphFormat::Json => json::document(&graph),
        GraphFormat::Mermaid => format!("{}\n", graph::mermaid(&drawing())),
        GraphFormat::Dot => graph::dot(&drawing()),
        GraphFormat::Svg => graph::svg(&drawing()),
    };
    output::write(&text, args.output.as_deref())?;
    Ok(Exit::Done)
}
