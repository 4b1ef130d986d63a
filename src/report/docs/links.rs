//! Links from a document to the line it speaks of.

use std::path::{Component, Path};

use serde::Serialize;

use super::markdown;
use crate::audit::Place;
use crate::report::words;

/// A line of a scanned file, as documents link to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Link {
    /// Path from the scanned root.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Where it is, from the document.
    pub href: String,
    /// `file.go:12` as a markdown link.
    pub md: String,
    /// `folder/file.go:12` as a markdown link.
    pub long: String,
}

/// Makes links to scanned files.
#[derive(Debug, Clone)]
pub struct Links<'a> {
    to_root: &'a str,
}

impl<'a> Links<'a> {
    /// For documents in a folder with this way to the scanned root.
    pub fn new(to_root: &'a str) -> Links<'a> {
        Links { to_root }
    }

    /// To a line.
    pub fn line(&self, path: &str, line: u32) -> Link {
        let href = format!("{}#L{line}", self.file(path));
        let name = path.rsplit('/').next().unwrap_or(path);
        Link {
            md: format!("[{}:{line}]({href})", markdown::text(name)),
            long: format!("[{}:{line}]({href})", markdown::text(path)),
            path: path.to_owned(),
            line,
            href,
        }
    }

    /// To a place.
    pub fn place(&self, place: &Place) -> Link {
        self.line(&place.path, place.line)
    }

    /// To a file or folder.
    pub fn file(&self, path: &str) -> String {
        let whole =
            if self.to_root.is_empty() { path.to_owned() } else { format!("{}/{path}", self.to_root) };
        words::encoded(&whole, b"@+,=")
    }
}

/// The path that an address stands for.
pub fn decode(address: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = address.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = (*first == b'%').then(|| std::str::from_utf8(tail.get(..2)?).ok()).flatten();
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The way from one folder to another, both absolute and without `..`, with `/`; empty when they
/// are the same.
pub fn between(from: &Path, to: &Path) -> String {
    let parts = |path: &Path| -> Vec<String> {
        let named = path.components().filter(|part| !matches!(part, Component::CurDir));
        named.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
    };
    let (from, to) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - shared);
    up.chain(to[shared..].iter().cloned()).collect::<Vec<_>>().join("/")
}
