//! Addresses of clouds: the name of a queue or topic inside its ARN, URL or resource path, so that
//! code and manifests that write it differently mean the same.

/// The name inside an address; nothing when the text is none.
///
/// ```
/// use flowaudit::flow::address::name;
/// assert_eq!(name("arn:aws:sqs:eu-west-1:123456789012:orders"), Some("orders"));
/// assert_eq!(name("https://sqs.eu-west-1.amazonaws.com/123456789012/orders"), Some("orders"));
/// assert_eq!(name("projects/shop/topics/orders"), Some("orders"));
/// assert_eq!(name("orders"), None);
/// ```
pub fn name(text: &str) -> Option<&str> {
    if text.starts_with("arn:") {
        return text.rsplit([':', '/']).next().filter(|name| !name.is_empty());
    }
    let bare = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let parts: Vec<&str> = bare.unwrap_or(text).split('/').collect();
    match (bare, parts.as_slice()) {
        // A host, an account and a queue.
        (Some(_), [_, account, queue])
            if account.bytes().all(|b| b.is_ascii_digit()) && !account.is_empty() =>
        {
            Some(queue).copied().filter(|name| !name.is_empty())
        }
        (None, ["projects", _, "topics" | "subscriptions", name]) => Some(name),
        _ => None,
    }
}

/// A name without the address around it.
pub fn bare(text: &str) -> &str {
    name(text).unwrap_or(text)
}
