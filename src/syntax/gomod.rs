//! What `go.mod` and `go.work` files say: module path, requirements, replacements, workspace members.
//!
//! Leaves out `exclude`, `retract`, `toolchain` and `godebug`: no question of the audit needs them.

/// The facts of one `go.mod` or `go.work`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoMod {
    /// The module path; empty in a `go.work`.
    pub module: String,
    /// The language version, as in `go 1.22`.
    pub go: String,
    /// Modules needed.
    pub requires: Vec<Require>,
    /// Modules replaced.
    pub replaces: Vec<Replace>,
    /// Folders a `go.work` uses.
    pub uses: Vec<Use>,
}

/// `require path version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Require {
    /// Module path.
    pub path: String,
    /// Version as written.
    pub version: String,
    /// Marked `// indirect`.
    pub indirect: bool,
    /// Line, from 1.
    pub line: u32,
}

/// `replace from [version] => to [version]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    /// Module path replaced.
    pub from: String,
    /// Only this version; empty for all.
    pub from_version: String,
    /// Module path or folder in its place.
    pub to: String,
    /// Version of the replacement; empty for a folder.
    pub to_version: String,
    /// Line, from 1.
    pub line: u32,
}

impl Replace {
    /// Whether the replacement is a folder rather than a module.
    pub fn is_local(&self) -> bool {
        self.to.starts_with("./") || self.to.starts_with("../") || self.to.starts_with('/')
    }
}

/// `use folder` in a `go.work`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The folder, without `./`; `.` for the workspace's own.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
}

/// Reads either kind of file; lines it does not understand are passed over.
pub fn parse(text: &str) -> GoMod {
    let mut out = GoMod::default();
    let mut block = String::new();
    for (index, line) in text.lines().enumerate() {
        let (code, comment) = split_comment(line);
        let words = words(code);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let number = index as u32 + 1;
        if !block.is_empty() {
            if words == [")"] {
                block.clear();
            } else {
                out.directive(&block, &words, comment, number);
            }
        } else if let [directive, "("] = words[..] {
            directive.clone_into(&mut block);
        } else if let [directive, rest @ ..] = &words[..] {
            out.directive(directive, rest, comment, number);
        }
    }
    out
}

impl GoMod {
    fn directive(&mut self, name: &str, words: &[&str], comment: &str, line: u32) {
        match (name, words) {
            ("module", [path]) => (*path).clone_into(&mut self.module),
            ("go", [version]) => (*version).clone_into(&mut self.go),
            ("require", [path, version]) => self.requires.push(Require {
                path: (*path).to_owned(),
                version: (*version).to_owned(),
                indirect: comment.trim_start().starts_with("indirect"),
                line,
            }),
            ("use", [path]) => {
                let trimmed = path.trim_start_matches("./").trim_end_matches('/');
                let path = if trimmed.is_empty() { "." } else { trimmed }.to_owned();
                self.uses.push(Use { path, line });
            }
            ("replace", words) => self.replace(words, line),
            _ => {}
        }
    }

    fn replace(&mut self, words: &[&str], line: u32) {
        let Some(arrow) = words.iter().position(|&word| word == "=>") else {
            return;
        };
        let pair = |words: &[&str]| match words {
            [path] => Some(((*path).to_owned(), String::new())),
            [path, version] => Some(((*path).to_owned(), (*version).to_owned())),
            _ => None,
        };
        if let (Some((from, from_version)), Some((to, to_version))) =
            (pair(&words[..arrow]), pair(&words[arrow + 1..]))
        {
            self.replaces.push(Replace { from, from_version, to, to_version, line });
        }
    }
}

fn split_comment(line: &str) -> (&str, &str) {
    // A module path may hold `//` only inside quotes, which nobody writes.
    line.split_once("//").unwrap_or((line, ""))
}

/// Words and parentheses; quoted words lose their quotes.
fn words(code: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = code.trim();
    while let Some(first) = rest.chars().next() {
        let (word, tail) = match first {
            '(' | ')' => rest.split_at(1),
            '"' | '`' => match rest[1..].find(first) {
                Some(end) => (&rest[1..=end], &rest[end + 2..]),
                None => (&rest[1..], ""),
            },
            _ => {
                let end =
                    rest.find(|c: char| c.is_whitespace() || c == '(' || c == ')').unwrap_or(rest.len());
                rest.split_at(end)
            }
        };
        out.push(word.to_owned());
        rest = tail.trim_start();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn go_mod_facts() {
        let file = parse(
            "// head\nmodule \"example.com/shop\" // own\n\ngo 1.22\n\nrequire (\n\tgithub.com/a/b v1.2.3\n\t\
             github.com/c/d/v2 v2.0.0-2023 // indirect\n)\nrequire github.com/e/f v0.1.0\n\
             replace github.com/a/b => ../b\nreplace (\n  x.y/z v1.0.0 => x.y/w v1.1.0\n)\nexclude a v1\n",
        );
        assert_eq!(file.module, "example.com/shop");
        assert_eq!(file.go, "1.22");
        let requires: Vec<_> =
            file.requires.iter().map(|r| (r.path.as_str(), r.version.as_str(), r.indirect, r.line)).collect();
        assert_eq!(
            requires,
            [
                ("github.com/a/b", "v1.2.3", false, 7),
                ("github.com/c/d/v2", "v2.0.0-2023", true, 8),
                ("github.com/e/f", "v0.1.0", false, 10)
            ]
        );
        assert!(file.replaces[0].is_local());
        assert_eq!(file.replaces[1].from_version, "v1.0.0");
        assert_eq!(file.replaces[1].to, "x.y/w");
        assert!(!file.replaces[1].is_local());
    }

    #[test]
    fn go_work_uses() {
        let file = parse("go 1.21\r\nuse .\r\nuse (\r\n\t./orders\r\n\t\"./pay/ments/\" // x\r\n)\r\n");
        let uses: Vec<_> = file.uses.iter().map(|u| (u.path.as_str(), u.line)).collect();
        assert_eq!(uses, [(".", 2), ("orders", 4), ("pay/ments", 5)]);
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC*", parts in "[modulerqi()\"`/>= \n\tv1.]{0,60}") {
            let _ = parse(&text);
            let _ = parse(&parts);
        }
    }
}
