//! What can go wrong with documents.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use super::{Exit, UserError};
use crate::report::docs::DocumentError;

/// Documents cannot be made: templates, regions, names.
#[derive(Debug)]
pub(in crate::cli) struct BadDocuments(pub(in crate::cli) Vec<DocumentError>);

titled!(
    BadDocuments,
    |this| "the documents cannot be made: {} to mend",
    match this.0.len() {
        1 => "1 mistake".to_owned(),
        number => format!("{number} mistakes"),
    }
);

impl UserError for BadDocuments {
    fn details(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    fn advice(&self) -> Option<String> {
        Some("nothing was written".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// A file that is not ours is where a document should be.
#[derive(Debug)]
pub(in crate::cli) struct NotOurs {
    pub(in crate::cli) path: PathBuf,
}

titled!(NotOurs, |this| "{} is there already and was not written by flowaudit", this.path.display());

impl UserError for NotOurs {
    fn advice(&self) -> Option<String> {
        Some(
            "nothing was written; move it away, or give the document another name in flowaudit.yaml \
             (audits: document, checklist_document; reports: summary, page)"
                .to_owned(),
        )
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// `report --check` found documents that are not what they should be.
#[derive(Debug)]
pub(in crate::cli) struct Stale {
    pub(in crate::cli) names: Vec<String>,
    pub(in crate::cli) command: String,
}

titled!(
    Stale,
    |this| "{} stale: {}",
    match this.names.len() {
        1 => "1 document is".to_owned(),
        number => format!("{number} documents are"),
    },
    this.names.join(", ")
);

impl UserError for Stale {
    fn advice(&self) -> Option<String> {
        Some(format!("`{}` writes them; what stands in keep-regions stays", self.command))
    }

    fn exit(&self) -> Exit {
        Exit::Regressed
    }
}
