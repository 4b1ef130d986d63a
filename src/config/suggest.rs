//! "Did you mean": the known word nearest to a misspelt one.

/// The known word that is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = word.chars().count().div_ceil(3);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["services", "audits", "policy"];
        assert_eq!(nearest("servcies", known), Some("services"));
        assert_eq!(nearest("polic", known), Some("policy"));
        assert_eq!(nearest("exclude", known), None);
        assert_eq!(nearest("", known), None);
    }
}
