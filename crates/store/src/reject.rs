//! Rejects: records that could not be mapped, as they stand now.

use crate::sql::{Bulk, Column, Sql, Where, first, limit, rows};
use crate::{Scope, StoreError};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A record that could not be mapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// What names it: the remote id, or a hash of the raw record if it has none.
    pub key: String,
    /// The record's id, if it has a remote id: what is stored of it counts as seen, so a full pass does not delete it. Not stored.
    pub id: Option<Uuid>,
    /// Why.
    pub reason: String,
    /// A redacted excerpt of the raw record.
    pub excerpt: String,
    /// When it was last rejected; set by the commit.
    pub at_us: i64,
}

impl Scope {
    /// Rejects of an account (of one model), by model and key, after a (model, key).
    pub async fn rejects(
        &self,
        account: Uuid,
        model: Option<&str>,
        after: Option<(String, String)>,
        page_size: usize,
    ) -> Result<Vec<(String, Reject)>, StoreError> {
        let (project, model) = (self.project, model.map(str::to_owned));
        self.store
            .pool
            .read(move |sql| {
                let mut filter = Where::default();
                let (a, p) = (filter.bind(account), filter.bind(project));
                filter.and(&format!("account = (select id from account where id = {a} and project = {p})"));
                filter.and_some("model =", model.as_deref());
                if let Some((model, key)) = &after {
                    let (m, k) = (filter.bind(model), filter.bind(key));
                    filter.and(&format!("(model > {m} or (model = {m} and key > {k}))"));
                }
                let limit = filter.bind(limit(page_size));
                let text = format!(
                    "select model, key, reason, excerpt, at_us from reject{} order by model, key limit {limit}",
                    filter.text
                );
                rows(sql, &text, &filter.values, |row| {
                    let (key, reason, excerpt) = (row.text(1)?, row.text(2)?, row.text(3)?);
                    Ok((row.text(0)?, Reject { key, id: None, reason, excerpt, at_us: row.int(4)? }))
                })
            })
            .await
    }

    /// How many rejects each model of an account has; models without any are left out.
    pub async fn reject_counts(&self, account: Uuid) -> Result<Vec<(String, i64)>, StoreError> {
        let project = self.project;
        self.store
            .pool
            .read(move |sql| {
                rows(
                    sql,
                    "select model, count(*) from reject where account = (select id from account where id = $1 and project = $2)
                     group by model order by model",
                    &[account.into(), project.into()],
                    |row| Ok((row.text(0)?, row.int(1)?)),
                )
            })
            .await
    }
}

const REJECT: Bulk = Bulk {
    table: "reject",
    fixed: &[("account", "uuid"), ("model", "text"), ("at_us", "bigint")],
    columns: &["key", "reason", "excerpt"],
    tail: "on conflict (account, model, key) do update set reason = excluded.reason, excerpt = excluded.excerpt, at_us = excluded.at_us",
};

/// Stores rejects; of a key that comes twice, the last.
pub(crate) fn put(
    sql: &mut dyn Sql,
    account: Uuid,
    model: &str,
    rejects: &[Reject],
    now_us: i64,
) -> Result<(), StoreError> {
    let unique: BTreeMap<&str, &Reject> = rejects.iter().map(|reject| (reject.key.as_str(), reject)).collect();
    let keys: Vec<&str> = unique.keys().copied().collect();
    let reasons: Vec<&str> = unique.values().map(|reject| reject.reason.as_str()).collect();
    let excerpts: Vec<&str> = unique.values().map(|reject| reject.excerpt.as_str()).collect();
    let columns = [Column::Texts(&keys), Column::Texts(&reasons), Column::Texts(&excerpts)];
    sql.insert_each(&REJECT, &[account.into(), model.into(), now_us.into()], &columns).map(drop)
}

/// Removes rejects by key, and those of records that were seen unchanged; does next to nothing for a stream without rejects.
pub(crate) fn clear(
    sql: &mut dyn Sql,
    account: Uuid,
    model: &str,
    keys: Vec<&str>,
    seen: &[i64],
) -> Result<(), StoreError> {
    if keys.is_empty() && seen.is_empty() {
        return Ok(());
    }
    let stream = [account.into(), model.into()];
    let any = first(sql, "select 1 from reject where account = $1 and model = $2 limit 1", &stream, |_| Ok(()))?;
    if any.is_none() {
        return Ok(());
    }
    let mut unchanged = Vec::new();
    sql.query_each(
        "select remote_id from record where account = $1 and model = $2 and pos = any($3)",
        &stream,
        Column::Ints(seen),
        &mut |row| {
            unchanged.push(row.text(0)?);
            Ok(())
        },
    )?;
    let keys: Vec<&str> = keys.into_iter().chain(unchanged.iter().map(String::as_str)).collect();
    sql.update_each(
        "delete from reject where account = $1 and model = $2 and key in (select v.key from {rows})",
        &stream,
        &[("key", Column::Texts(&keys))],
    )?;
    Ok(())
}
