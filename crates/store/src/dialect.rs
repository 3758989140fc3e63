//! What differs between SQLite and PostgreSQL.

pub(crate) fn is_temporary(_source: &(dyn std::error::Error + 'static)) -> bool {
    todo!()
}
