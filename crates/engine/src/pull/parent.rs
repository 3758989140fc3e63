//! Parents: the stored records that a source visits, a batch at a time.

use std::collections::VecDeque;

use bytes::Bytes;
use sonic_rs::pointer;
use unisono_connector::Parent;
use unisono_connector::manifest::Visit;
use unisono_store::{After, Include, ListQuery, Order, RecordRow};

use super::{Pull, Stop};

/// Parents read at once.
const BATCH: usize = 100;

/// Parents that were read and are not visited yet.
#[derive(Default)]
pub(super) struct Parents {
    model: String,
    last: Option<String>,
    waiting: VecDeque<Parent>,
    ended: bool,
}

impl Pull<'_> {
    /// The stored parent after this one; `None` when there is none.
    pub(super) async fn next_parent(
        &self,
        model: &str,
        after: Option<String>,
        visit: Visit,
        since_us: Option<i64>,
    ) -> Result<Option<Parent>, Stop> {
        let mut parents = self.parents.lock().await;
        if parents.model != model || parents.last != after {
            *parents = Parents { model: model.to_owned(), last: after, ..Parents::default() };
        }
        while parents.waiting.is_empty() && !parents.ended {
            let start = parents.last.as_deref().and_then(|key| key.parse().ok()).map(After::Position);
            let query = ListQuery {
                account: self.account_id(),
                model: model.to_owned(),
                modified_after_us: since_us.filter(|_| visit == Visit::Changed),
                include: Include { remote_data: true, ..Include::default() },
                order: Order::Position,
                after: start,
                page_size: BATCH,
                ..ListQuery::default()
            };
            let page = self.scope.list(query).await?;
            parents.ended = page.next.is_none();
            parents.waiting.extend(page.rows.iter().filter_map(parent_of));
            if let (true, Some(After::Position(pos))) = (parents.waiting.is_empty(), page.next) {
                parents.last = Some(pos.to_string());
            }
        }
        let next = parents.waiting.pop_front();
        parents.last = next.as_ref().map(|parent| parent.key.clone());
        Ok(next)
    }
}

/// A stored record as its vendor sent it; `None` when its raw data was not kept.
fn parent_of(row: &RecordRow) -> Option<Parent> {
    let kept: &Bytes = row.remote_data.as_ref()?;
    let data = sonic_rs::get_from_slice(kept, pointer![0, "data"]).ok()?;
    Some(Parent { key: row.pos.to_string(), raw: kept.slice_ref(data.as_raw_str().as_bytes()) })
}
