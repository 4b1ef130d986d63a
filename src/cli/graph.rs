//! `flowaudit graph`: who publishes what to whom.

use super::args::{GraphArgs, GraphFormat};
use super::errors::{Exit, UnknownService};
use super::{audit, output};
use crate::report::{docs, graph, json};

pub(super) fn run(args: &GraphArgs) -> anyhow::Result<Exit> {
    let settings = audit::settings(&args.audit)?;
    let audit = audit::audit(&settings, args.audit.quiet)?;
    audit::check(&audit, &settings)?;
    let known: Vec<String> = audit.services.iter().map(|service| service.name.clone()).collect();
    if let Some(name) = args.service.iter().find(|name| !known.contains(name)) {
        return Err(UnknownService { name: name.clone(), known }.into());
    }
    let shown = |name: &str| args.service.is_empty() || args.service.iter().any(|wanted| wanted == name);
    let graph = graph::of(&audit, &shown, &|_| true);
    let text = match args.format {
        GraphFormat::Mermaid if graph.edges.is_empty() => "flowchart LR\n".to_owned(),
        GraphFormat::Mermaid => docs::flowchart(&graph) + "\n",
        GraphFormat::Dot => graph.dot(),
        GraphFormat::Json => json::document(&graph),
    };
    output::write(&text, args.output.as_deref())?;
    Ok(Exit::Done)
}
