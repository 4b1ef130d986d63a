//! What the declaration of the command line gives besides help: completions and manual pages.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::errors::{Exit, UnknownCommand};
use super::output;

/// The program's name, as people type it.
const NAME: &str = "flowaudit";

pub(super) fn completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut text);
    output::write(&String::from_utf8_lossy(&text), None)?;
    Ok(Exit::Done)
}

pub(super) fn page(command: Option<&str>) -> anyhow::Result<Exit> {
    let mut program = Cli::command();
    program.build();
    let shown = match command {
        None => program,
        Some(name) => {
            let visible = program.get_subcommands().filter(|c| !c.is_hide_set());
            let known: Vec<String> = visible.map(|c| c.get_name().to_owned()).collect();
            let found = program.find_subcommand(name).filter(|_| known.iter().any(|n| n == name));
            let Some(found) = found else {
                return Err(UnknownCommand { name: name.to_owned(), known }.into());
            };
            found.clone()
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(shown).render(&mut text)?;
    output::write(&String::from_utf8_lossy(&text), None)?;
    Ok(Exit::Done)
}
