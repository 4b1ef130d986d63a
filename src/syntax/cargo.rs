//! Cargo.toml, as far as names go: what a crate is called. Nothing else of it is read here.

/// The name of the package that a manifest declares; a workspace's own declares none.
pub fn package(text: &str) -> Option<&str> {
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.trim_matches(['[', ']']).trim() == "package";
            continue;
        }
        if inside
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "name"
        {
            let value = value.trim().strip_prefix('"')?;
            return value.split('"').next().filter(|name| !name.is_empty());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_a_name() {
        for (text, expected) in [
            ("[package]\nname = \"mail\" # of the service\n", Some("mail")),
            ("[workspace]\nmembers = []\n[ package ]\nversion=\"1\"\nname=\"a-b\"", Some("a-b")),
            ("[dependencies]\nname = \"no\"\n", None),
            ("[package]\nname.workspace = true\n", None),
        ] {
            assert_eq!(package(text), expected, "{text}");
        }
    }
}
