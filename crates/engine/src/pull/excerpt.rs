//! Excerpt: enough of a raw record to find it again, without what must not be kept.

use sonic_rs::{JsonValueTrait as _, LazyValue};

/// Longest excerpt in characters.
const CHARS_MAX: usize = 300;
/// Longest value shown in characters.
const VALUE_CHARS_MAX: usize = 40;
/// Parts of key names whose values are never shown.
const HIDDEN: [&str; 9] = ["pass", "secret", "token", "ssn", "social", "iban", "account_number", "api_key", "birth"];

/// The first fields of a record, long and sensitive values shortened away.
pub(super) fn excerpt(raw: &[u8]) -> String {
    let mut text = String::from("{");
    for entry in sonic_rs::to_object_iter(raw) {
        let Ok((key, value)) = entry else { break };
        if text.chars().count() > CHARS_MAX {
            text.push_str(", …");
            break;
        }
        if text.len() > 1 {
            text.push_str(", ");
        }
        text.push_str(&format!("{key:?}: {}", shown(&key, &value)));
    }
    text.push('}');
    text
}

fn shown(key: &str, value: &LazyValue<'_>) -> String {
    let lower = key.to_ascii_lowercase();
    if HIDDEN.iter().any(|part| lower.contains(part)) {
        return "\"***\"".to_owned();
    }
    if value.is_object() {
        return "{…}".to_owned();
    }
    if value.is_array() {
        return "[…]".to_owned();
    }
    let raw = value.as_raw_str();
    if raw.chars().count() <= VALUE_CHARS_MAX {
        return raw.to_owned();
    }
    let head: String = raw.chars().take(VALUE_CHARS_MAX).collect();
    format!("{head}…\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_shows_names_but_no_secrets() {
        let raw = br#"{"id": 7, "name": "Ada", "ssn": "123-45-6789", "apiToken": "hush", "tags": [1], "home": {"city": "X"}}"#;
        let text = excerpt(raw);
        assert_eq!(text, r#"{"id": 7, "name": "Ada", "ssn": "***", "apiToken": "***", "tags": […], "home": {…}}"#);
        assert_eq!(excerpt(b"not json"), "{}");
    }
}
