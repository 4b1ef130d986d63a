//! The command line: the only place that prints.
//!
//! Results go to standard output, everything else to standard error. The outcome of a run is
//! settled before anything is rendered, so no format can change an exit code.

mod args;
mod audit;
mod errors;
mod explain;
mod gate;
mod graph;
mod init;
mod manual;
mod merge;
mod mistakes;
mod output;
mod present;
mod progress;
mod report;
mod rules;
mod scan;
mod schema;

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::Parser;

pub use errors::{Exit, UserError};

use args::{Cli, Command};

/// Runs the program and gives its exit code.
pub fn main() -> ExitCode {
    // A panic is told as an error of ours; one that the pipeline catches is told as a diagnostic.
    panic::set_hook(Box::new(errors::remember_panic));
    let exit = match Cli::try_parse() {
        Ok(cli) => panic::catch_unwind(AssertUnwindSafe(|| run(&cli.command)))
            .unwrap_or_else(|payload| errors::report(&errors::Internal::from_panic(payload.as_ref()).into())),
        Err(error) => {
            // Help and version come this way too; a closed pipe is no reason to fail.
            let _ = error.print();
            if error.use_stderr() { Exit::Usage } else { Exit::Done }
        }
    };
    exit.into()
}

fn run(command: &Command) -> Exit {
    let result = match command {
        Command::Scan(args) => scan::run(args),
        Command::Report(args) => report::run(args),
        Command::Gate(args) => gate::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Graph(args) => graph::run(args),
        Command::Rules(command) => rules::run(command),
        Command::Init(args) => init::run(args),
        Command::Merge(args) => merge::run(args),
        Command::Completions { shell } => manual::completions(*shell),
        Command::Man { command } => manual::page(command.as_deref()),
        Command::Schema { what } => schema::run(*what),
    };
    let exit = result.unwrap_or_else(|error| errors::report(&error));
    let _ = io::stdout().flush();
    exit
}
