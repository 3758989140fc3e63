//! Record ids: where the id of a record comes from.
//!
//! Always true: the id depends on nothing but the linked account, the model and the vendor's own id,
//! so that a record can be pointed at before it has been read.
//! Elsewhere: mappings turn relations into ids with this function (`crate::map`).

use uuid::Uuid;

/// The id of the record that the vendor calls `remote_id`: a UUIDv5 in the namespace of the linked
/// account over `<model>\0<remote id>`, where the model is written as in `hris.employee`.
///
/// ```
/// use uuid::Uuid;
/// let account = Uuid::from_u128(1);
/// let id = unisono_connector::record_id(account, "hris.employee", "17");
/// assert_eq!(id, unisono_connector::record_id(account, "hris.employee", "17"));
/// assert_ne!(id, unisono_connector::record_id(account, "hris.employment", "17"));
/// ```
pub fn record_id(account: Uuid, model: &str, remote_id: &str) -> Uuid {
    let mut name = Vec::with_capacity(model.len() + 1 + remote_id.len());
    name.extend_from_slice(model.as_bytes());
    name.push(0);
    name.extend_from_slice(remote_id.as_bytes());
    Uuid::new_v5(&account, &name)
}
