//! Where results go and how wide and colourful they are.

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::args::When;
use super::errors::CannotWrite;

/// What a table keeps within when nothing says how wide the reader's window is.
const WIDTH: usize = 100;

/// Writes a result to a file, or to standard output.
pub(super) fn write(text: &str, file: Option<&Path>) -> anyhow::Result<()> {
    if let Some(path) = file {
        return fs::write(path, text).map_err(|why| {
            let path = path.to_owned();
            CannotWrite { path, why }.into()
        });
    }
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Whether to colour what goes to standard output (`to_file`: to a file).
pub(super) fn colored(when: When, to_file: bool) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => !to_file && io::stdout().is_terminal() && terminal_has_colors(),
    }
}

/// Whether the environment wants escape codes at all.
pub(super) fn terminal_has_colors() -> bool {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

/// Columns to keep within: the window's, between 80 and 100.
pub(super) fn width(to_file: bool) -> usize {
    if to_file {
        return WIDTH;
    }
    comfy_table::Table::new().width().map_or(WIDTH, |columns| usize::from(columns).clamp(80, WIDTH))
}
