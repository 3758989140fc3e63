//! Read: records as they are stored, shaped for the caller.
//!
//! Always true: a vendor is never called; stored unified JSON is spliced as bytes and parsed only for expands and enum
//! origins; a cursor works only for the list it came from.

use uuid::Uuid;

use crate::{Engine, ListParams, Page, ReadError, Shape};

impl Engine {
    /// A page of the records of one model (`hris.employee`).
    pub async fn list(
        &self,
        project: Uuid,
        account: Uuid,
        model: &str,
        params: &ListParams,
    ) -> Result<Page, ReadError> {
        todo!()
    }

    /// One record as a JSON object.
    pub async fn retrieve(
        &self,
        project: Uuid,
        account: Uuid,
        model: &str,
        id: Uuid,
        shape: &Shape,
    ) -> Result<Vec<u8>, ReadError> {
        todo!()
    }
}
