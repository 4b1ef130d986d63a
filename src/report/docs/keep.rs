//! Keep-regions: what people wrote in a document survives its next version.
//!
//! `<!-- flowaudit:keep NAME -->` and `<!-- /flowaudit:keep -->`, each on a line of its own. A
//! region whose place is gone is put at the end and reported; it is never dropped.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::DocumentError;

const CLOSE: &str = "<!-- /flowaudit:keep -->";
/// Above what has lost its place.
const HOMELESS: &str = "## Kept from an earlier version";

/// A document with the regions of the one that is there, and a sentence for each that has lost its
/// place.
pub fn carry_over(name: &str, new: &str, old: &str) -> Result<(String, Vec<String>), DocumentError> {
    let mut kept = regions(name, old)?;
    let mut out = String::new();
    let mut lines = new.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(region) = opens(line) else { continue };
        let Some(text) = kept.remove(region) else { continue };
        out.push_str(&text);
        out.push_str(CLOSE);
        out.push('\n');
        for line in lines.by_ref() {
            if line.trim() == CLOSE {
                break;
            }
        }
    }
    kept.retain(|_, text| !text.trim().is_empty());
    let mut lost = Vec::new();
    if !kept.is_empty() {
        let _ = write!(out, "\n{HOMELESS}\n");
    }
    for (region, text) in kept {
        let _ = write!(out, "\n<!-- flowaudit:keep {region} -->\n{text}{CLOSE}\n");
        lost.push(format!("{name}: the section of `{region}` is gone; what was kept there is at the end"));
    }
    Ok((out, lost))
}

/// The regions of a document: name and the lines between the marks.
fn regions(file: &str, text: &str) -> Result<BTreeMap<String, String>, DocumentError> {
    let mistake =
        |line: usize, message: String| DocumentError { file: file.to_owned(), line, column: 0, message };
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut open: Option<(String, usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        match (&mut open, opens(line), line.trim() == CLOSE) {
            (None, Some(region), _) => open = Some((region.to_owned(), number, String::new())),
            (Some((region, begun, _)), Some(_), _) => {
                return Err(mistake(
                    *begun,
                    format!("the region `{region}` is not closed before the next begins"),
                ));
            }
            (None, _, true) => {
                return Err(mistake(number, "a region ends here that has not begun".to_owned()));
            }
            (Some(_), _, true) => {
                let Some((region, begun, inside)) = open.take() else { continue };
                if found.insert(region.clone(), inside).is_some() {
                    return Err(mistake(begun, format!("a second region is called `{region}`")));
                }
            }
            (Some((_, _, inside)), None, false) => {
                inside.push_str(line);
                inside.push('\n');
            }
            (None, None, false) => {}
        }
    }
    match open {
        Some((region, begun, _)) => Err(mistake(begun, format!("nothing closes the region `{region}`"))),
        None => Ok(found),
    }
}

/// The name of the region that a line opens.
fn opens(line: &str) -> Option<&str> {
    let name = line.trim().strip_prefix("<!-- flowaudit:keep ")?.strip_suffix("-->")?.trim();
    (!name.is_empty()).then_some(name)
}
