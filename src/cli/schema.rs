//! `flowaudit schema`: the schemas that are committed under `schemas/`.

use super::args::SchemaOf;
use super::errors::Exit;
use super::output;
use crate::audit::Audit;
use crate::audit::explanation::Explanation;
use crate::gate::Outcome;
use crate::report::graph::Graph;
use crate::report::json;

pub(super) fn run(what: SchemaOf) -> anyhow::Result<Exit> {
    let text = match what {
        SchemaOf::Audit => json::schema::<Audit>(),
        SchemaOf::Gate => json::schema::<Outcome>(),
        SchemaOf::Explanation => json::schema::<Explanation>(),
        SchemaOf::Graph => json::schema::<Graph>(),
        SchemaOf::Config => json::document(&crate::config::schema()),
    };
    output::write(&text, None)?;
    Ok(Exit::Done)
}
