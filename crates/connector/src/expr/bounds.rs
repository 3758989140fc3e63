//! Checks on text before it is parsed, so that neither an expression nor a record can exhaust the stack.

use super::ExprError;

/// Longest expression in bytes.
const SOURCE_BYTES_MAX: usize = 16 << 10;
/// Deepest nesting of brackets.
const BRACKETS_MAX: usize = 64;
/// Most operators and keywords that nest without brackets.
const OPERATORS_MAX: usize = 600;

/// Refuses sources that are too long or too deep.
pub(super) fn check(source: &str) -> Result<(), ExprError> {
    let refuse = |position, message: String| Err(ExprError { position, message, suggestion: None });
    if source.len() > SOURCE_BYTES_MAX {
        return refuse(SOURCE_BYTES_MAX, format!("the expression is longer than {SOURCE_BYTES_MAX} bytes"));
    }
    let (mut depth, mut operators) = (0_usize, 0_usize);
    let (mut quoted, mut escaped) = (false, false);
    for (position, byte) in source.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' if !escaped => quoted = !quoted,
            b'|' | b'-' | b'+' | b'*' | b'/' | b'%' if !quoted => operators += 1,
            b'f' | b'y' | b'e' | b'h' | b'l' if !quoted && ends_nesting_word(&source.as_bytes()[..=position]) => {
                operators += 1;
            }
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
        if depth > BRACKETS_MAX {
            return refuse(position, format!("brackets are nested more than {BRACKETS_MAX} levels deep"));
        }
        if operators > OPERATORS_MAX {
            return refuse(position, format!("the expression has more than {OPERATORS_MAX} operators"));
        }
    }
    Ok(())
}

fn ends_nesting_word(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 7] = [b"if", b"try", b"reduce", b"foreach", b"catch", b"label", b"else"];
    let word = text.rsplit(|b| !b.is_ascii_alphanumeric() && *b != b'_').next().unwrap_or_default();
    WORDS.contains(&word) || word == b"def"
}

/// Deepest nesting of JSON that is parsed; every step over a value is as deep as the value.
const DEPTH_MAX: usize = 256;

/// True if brackets nest deeper than allowed. Few brackets cannot, and counting them is quick.
pub(crate) fn too_deep(raw: &[u8]) -> bool {
    if raw.iter().filter(|b| matches!(b, b'[' | b'{')).count() <= DEPTH_MAX {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in raw {
        match byte {
            b'"' if !escaped => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = quoted && *byte == b'\\' && !escaped;
        if depth > DEPTH_MAX {
            return true;
        }
    }
    false
}
