//! Names as people read them: `OrderCreated`, `order.created` and `orders-created` say the same.

/// The words of a name, in lower case and without a plural `s`.
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut lower = false;
    for c in name.chars() {
        let ends = !c.is_alphanumeric() || c.is_uppercase() && lower;
        if ends && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        lower = c.is_lowercase();
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    for word in &mut words {
        if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") {
            word.pop();
        }
    }
    words
}

/// A name without what differs between a field and its column.
pub fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        let cases: &[(&str, &[&str])] = &[
            ("OrderCreated", &["order", "created"]),
            ("order.created_v2", &["order", "created", "v2"]),
            ("orders-status", &["order", "status"]),
            ("github.com/eclipse/paho.mqtt.golang", &["github", "com", "eclipse", "paho", "mqtt", "golang"]),
            ("", &[]),
        ];
        for (name, expected) in cases {
            assert_eq!(words(name), *expected, "{name}");
        }
    }
}
