//! Administrative lists: page sizes and cursors by time and id.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use unisono_store::{Keyset, Page};
use uuid::Uuid;

use crate::{Listing, PageRequest};

/// The cursor is not one of this list.
pub(crate) struct BadCursor;

/// Rows wanted, within bounds.
pub(crate) fn size(page: &PageRequest) -> usize {
    page.page_size.unwrap_or(30).clamp(1, 100) as usize
}

/// Where a list by time goes on.
pub(crate) fn keyset(page: &PageRequest) -> Result<Option<Keyset>, BadCursor> {
    let place: Option<(i64, Uuid)> = read(page)?;
    Ok(place.map(|(us, id)| Keyset { us, id }))
}

/// Where any list goes on.
pub(crate) fn read<T: DeserializeOwned>(page: &PageRequest) -> Result<Option<T>, BadCursor> {
    let Some(cursor) = page.cursor.as_deref().filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(cursor.trim_end_matches('=')).map_err(|_| BadCursor)?;
    serde_json::from_slice(&bytes).map(Some).map_err(|_| BadCursor)
}

/// A cursor for any list.
pub(crate) fn write<T: Serialize>(place: &T) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// A page of the store as a page of the API.
pub(crate) fn listing<T, U>(page: Page<T>, each: impl FnMut(T) -> U) -> Listing<U> {
    Listing {
        next: page.next.map(|next| write(&(next.us, next.id))),
        previous: None,
        results: page.items.into_iter().map(each).collect(),
    }
}
