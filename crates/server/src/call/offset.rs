//! Offset: cursors of lists that are few and do not move, such as the models of an account.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::view;
use crate::problem::Refusal;
use crate::query::Query;

/// Further than any such list goes.
const PLACE_MAX: usize = 100_000;

/// The page of these entries that the query asks for.
pub(super) fn page(query: &Query, entries: Vec<Value>) -> Result<Value, Refusal> {
    let size = query.number("page_size").unwrap_or(100) as usize;
    let from = match query.filled("cursor") {
        None => 0,
        Some(cursor) => read(&cursor).ok_or_else(|| Refusal::parameter("cursor", "Invalid cursor."))?,
    };
    let next = (from + size < entries.len()).then(|| write(from + size));
    let previous = (from > 0).then(|| write(from.saturating_sub(size)));
    Ok(view::page(next, previous, entries.into_iter().skip(from).take(size).collect()))
}

fn write(place: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("o={place}"))
}

fn read(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("o=")?.parse().ok().filter(|place| *place < PLACE_MAX)
}
