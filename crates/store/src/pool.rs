//! Threads that own the connections.

use crate::sql::Sql;
use crate::{OpenError, OpenOptions, StoreError, url::Target};
use std::sync::Arc;
use tokio::sync::Notify;

/// Threads that own the connections.
#[derive(Debug)]
pub(crate) struct Pool;

impl Pool {
    pub(crate) async fn open(_target: Target, _options: OpenOptions) -> Result<Self, OpenError> {
        todo!()
    }
    pub(crate) fn wakeups(&self) -> Arc<Notify> {
        todo!()
    }
    pub(crate) async fn read<T>(
        &self,
        _f: impl FnOnce(&mut dyn Sql) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        todo!()
    }
}
