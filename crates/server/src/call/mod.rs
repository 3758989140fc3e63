//! Calls: one verb of the engine per operation, and the JSON of its answer.

mod admin;
mod embedded;
mod link;
mod meta;
mod offset;
mod platform;
mod record;
mod view;

use unisono_engine::PageRequest;

use crate::operation::{AdminCall, Call};
use crate::problem::Refusal;
use crate::query::Query;
use crate::reply::Reply;
use crate::request::Request;

/// Carries out the operation of the request.
pub(crate) async fn call(request: Request<'_>) -> Result<Reply, Refusal> {
    match request.operation.call.clone() {
        Call::Record(call) => record::call(request, call).await,
        Call::Platform(call) => platform::call(&request, call).await,
        Call::Admin(call) => admin::call(&request, call).await,
    }
}

fn page_request(query: &Query) -> PageRequest {
    PageRequest { cursor: query.filled("cursor"), page_size: query.number("page_size") }
}
