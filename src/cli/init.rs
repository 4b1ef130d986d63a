//! `flowaudit init`: a configuration to begin with, written from what is found.
//!
//! All but the policy is commented out, because everything works without it. What is a setting
//! stands right behind its `#`, prose behind a blank, so that removing one character of each line
//! of a block puts it in force.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use super::args::InitArgs;
use super::errors::{AlreadyThere, Exit};
use super::{audit, output};
use crate::audit::Audit;
use crate::config;
use crate::report::count;

pub(super) fn run(args: &InitArgs) -> anyhow::Result<Exit> {
    let settings = audit::settings(&args.audit)?;
    let standard = settings.root.join(config::FILE_NAME);
    let file = match args.output.as_deref() {
        Some(path) if path == Path::new("-") => None,
        Some(path) => Some(path),
        None => Some(standard.as_path()),
    };
    if let Some(path) = file.filter(|path| path.exists() && !args.force) {
        return Err(AlreadyThere { path: path.to_owned() }.into());
    }
    let audit = audit::audit(&settings, args.audit.quiet)?;
    audit::check(&audit, &settings)?;
    output::write(&text(&audit), file)?;
    if let Some(path) = file {
        let _ = writeln!(
            io::stderr(),
            "wrote {}: {} found; next: flowaudit scan, then flowaudit gate --update",
            path.display(),
            count(audit.services.len(), "service")
        );
    }
    Ok(Exit::Done)
}

fn text(audit: &Audit) -> String {
    let mut out = HEAD.to_owned();
    services(&mut out, audit);
    out.push_str(AUDITS);
    gate(&mut out, audit);
    out.push_str(REST);
    out
}

const HEAD: &str = "\
# yaml-language-server: $schema=flowaudit.schema.json
# (`flowaudit schema config > flowaudit.schema.json` writes that file for your editor.)
#
# What flowaudit audits here, and how it is counted. Everything may be left out; to put a block
# in force, remove the `#` in front of each of its lines.

# strict: a control that is there and fails under a named condition counts as partial.
# lenient: it counts as implemented, and the condition is reported all the same.
policy: strict

# Paths to leave out, as in a .gitignore file.
#exclude: [legacy/]
";

const AUDITS: &str = "
# The audits to make. These are the two built-in ones, and the block replaces both: what is taken
# out of it is no longer audited. `scope` is all, consumers-and-caches or a list of names, which
# leaves out services that come later. A percentage is of the services to which the control
# applies, or with `denominator: scope` of every service in scope.
#audits:
#  - name: event-processing
#    scope: all
#    controls: [idempotency, dead_letter, schema]
#    denominator: applicable
#  - name: data-synchronization
#    scope: consumers-and-caches
#    controls: [idempotency, schema, cache_invalidation]
#    denominator: applicable
";

const REST: &str = "
# Findings that somebody answers for. They are counted apart, never as in place; when the day has
# passed, or when one waives nothing, that is a finding.
#waivers:
#  - rule: no-dead-letter
#    service: NAME
#    reason: why it may stay
#    owner: who answers for it
#    until: 2099-12-31
";

fn services(out: &mut String, audit: &Audit) {
    out.push_str(
        "\n# The services found. Correct what a name, a kind (service, library, frontend,\n\
         # infrastructure) or an owner should be; `ignore: true` leaves one out.\n#services:\n",
    );
    for service in &audit.services {
        let ins = audit.consumers.iter().filter(|c| c.service == service.name).count();
        let outs = audit.publishers.iter().filter(|p| p.service == service.name).count();
        let _ = writeln!(
            out,
            "#  - {{name: {}, path: {}, kind: {}}}  # {}; {ins} in, {outs} out",
            scalar(&service.name),
            scalar(&service.path),
            service.kind,
            service.languages.join(", "),
        );
    }
}

/// Floors at what is reached today: from here it only gets better.
fn gate(out: &mut String, audit: &Audit) {
    out.push_str(
        "\n# What `flowaudit gate` lets pass. The floors are what is reached today.\n#gate:\n#  min:\n",
    );
    let mut above = None;
    for (row, percent) in audit.audits.iter().filter_map(|row| Some((row, row.percent?))) {
        if above != Some(&row.name) {
            let _ = writeln!(out, "#    {}:", row.name);
            above = Some(&row.name);
        }
        let _ = writeln!(out, "#      {}: {percent}", row.control);
    }
    out.push_str(
        "#  fail_on:\n#    severity: error    # new findings at least this severe; or never\n\
         #    priority: P1       # or at least this urgent; or never\n\
         #    worse_status: true\n#    lower_percent: true\n\
         #    expired: true      # waivers, ignores and attestations past their day\n\
         #    # The folder that `flowaudit report -o` writes, so that a stale document fails:\n\
         #    # stale_documents: docs/events\n",
    );
}

/// A name as YAML holds it, in quotes where it could be taken for something else.
fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'))
        && !matches!(text, "true" | "false" | "null");
    if plain { text.to_owned() } else { format!("{text:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_quoted() {
        let cases = [
            ("order", "order"),
            ("a/b.c", "a/b.c"),
            ("7", "\"7\""),
            ("true", "\"true\""),
            ("a: b", "\"a: b\""),
        ];
        for (name, written) in cases {
            assert_eq!(scalar(name), written);
        }
    }
}
