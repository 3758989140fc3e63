//! Seen marks of a full pass: one bit per position, in chunks, so that a crash resumes.
//!
//! Always true: marking is idempotent and part of the page's transaction.

use crate::StoreError;
use crate::sql::{Bulk, Column, Sql, rows};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Positions per chunk: one chunk is 1 KB, a million records have 123.
const POSITIONS: i64 = 8192;

const SEEN: Bulk = Bulk {
    table: "seen",
    fixed: &[("account", "uuid"), ("model", "text"), ("run", "uuid")],
    columns: &["chunk", "bits"],
    tail: "on conflict (account, model, run, chunk) do update set bits = excluded.bits",
};

/// Marks positions.
pub(crate) fn mark(
    sql: &mut dyn Sql,
    account: Uuid,
    model: &str,
    run: Uuid,
    positions: &[i64],
) -> Result<(), StoreError> {
    if positions.is_empty() {
        return Ok(());
    }
    let mut chunks: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
    for pos in positions {
        let bits = chunks.entry(pos.div_euclid(POSITIONS)).or_insert_with(|| vec![0; (POSITIONS / 8) as usize]);
        let (byte, bit) = place(*pos);
        if let Some(byte) = bits.get_mut(byte) {
            *byte |= bit;
        }
    }
    let pass = [account.into(), model.into(), run.into()];
    let numbers: Vec<i64> = chunks.keys().copied().collect();
    sql.query_each(
        "select chunk, bits from seen where account = $1 and model = $2 and run = $3 and chunk = any($4)",
        &pass,
        Column::Ints(&numbers),
        &mut |row| {
            if let Some(bits) = chunks.get_mut(&row.int(0)?) {
                bits.iter_mut().zip(row.bytes(1)?).for_each(|(bit, old)| *bit |= old);
            }
            Ok(())
        },
    )?;
    let bits: Vec<&[u8]> = chunks.values().map(Vec::as_slice).collect();
    sql.insert_each(&SEEN, &pass, &[Column::Ints(&numbers), Column::Blobs(&bits)]).map(drop)
}

/// The marks of one pass.
pub(crate) struct Seen {
    chunks: HashMap<i64, Vec<u8>>,
}

impl Seen {
    pub(crate) fn load(sql: &mut dyn Sql, account: Uuid, model: &str, run: Uuid) -> Result<Self, StoreError> {
        let text = "select chunk, bits from seen where account = $1 and model = $2 and run = $3";
        let chunks = rows(sql, text, &[account.into(), model.into(), run.into()], |row| {
            Ok((row.int(0)?, row.bytes(1)?.to_vec()))
        })?;
        Ok(Self { chunks: chunks.into_iter().collect() })
    }

    pub(crate) fn contains(&self, pos: i64) -> bool {
        let (byte, bit) = place(pos);
        let chunk = self.chunks.get(&pos.div_euclid(POSITIONS));
        chunk.and_then(|bits| bits.get(byte)).is_some_and(|byte| byte & bit != 0)
    }
}

/// Drops the marks of a pass.
pub(crate) fn forget(sql: &mut dyn Sql, account: Uuid, model: &str, run: Uuid) -> Result<(), StoreError> {
    let text = "delete from seen where account = $1 and model = $2 and run = $3";
    sql.execute(text, &[account.into(), model.into(), run.into()]).map(drop)
}

fn place(pos: i64) -> (usize, u8) {
    let within = pos.rem_euclid(POSITIONS);
    ((within / 8) as usize, 1 << (within % 8))
}
