//! Bare: the least a program must do to pull employees into the same tables, written by hand.

use std::path::Path;

use rusqlite::{Connection, params};
use sonic_rs::{JsonValueTrait as _, to_array_iter};
use unisono_connector::record_id;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use crate::hard_coded::hard_coded;

const MODEL: &str = "hris.employee";

/// The loop's state: one connection, one HTTP client.
pub struct Bare {
    connection: Connection,
    client: reqwest::Client,
    account: Uuid,
    pos: i64,
}

impl std::fmt::Debug for Bare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bare")
    }
}

impl Bare {
    /// Opens the database whose tables the store made, with the settings the store uses.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection
            .execute_batch(
                "pragma journal_mode = wal; pragma synchronous = normal; pragma cache_size = -16384;
                 pragma wal_autocheckpoint = 1000; pragma temp_store = memory;
                 create table if not exists bare_cursor (id integer primary key, cursor text);",
            )
            .unwrap();
        Self { connection, client: reqwest::Client::new(), account: Uuid::from_u128(7), pos: 0 }
    }

    /// Reads every page and writes what is new or different; gives the numbers of new and of changed records.
    pub async fn pull(&mut self, url: &str) -> (usize, usize) {
        let (mut added, mut changed) = (0, 0);
        let mut next = self.fetch(url, None);
        loop {
            let body = next.await;
            let cursor = sonic_rs::get(body.as_ref(), ["next"]).unwrap().as_str().map(str::to_owned);
            // The next page is fetched while this one is stored, as the engine does.
            let following = cursor.clone().map(|cursor| self.fetch(url, Some(cursor)));
            let (new, different) = self.store(&body, cursor.as_deref());
            added += new;
            changed += different;
            match following {
                Some(following) => next = following,
                None => return (added, changed),
            }
        }
    }

    fn fetch(&self, url: &str, cursor: Option<String>) -> impl Future<Output = bytes::Bytes> + use<> {
        let address = match cursor {
            Some(cursor) => format!("{url}/v1/employees?cursor={cursor}"),
            None => format!("{url}/v1/employees"),
        };
        let request = self.client.get(address);
        let task = tokio::spawn(async move { request.send().await.unwrap().bytes().await.unwrap() });
        async move { task.await.unwrap() }
    }

    fn store(&mut self, body: &bytes::Bytes, cursor: Option<&str>) -> (usize, usize) {
        let (account, mut pos) = (self.account, self.pos);
        let (mut added, mut changed) = (0, 0);
        let transaction = self.connection.transaction().unwrap();
        {
            let mut known = transaction
                .prepare_cached("select pos, raw_hash from record where account = ? and model = ? and id = ?")
                .unwrap();
            let mut insert = transaction.prepare_cached("insert into record (account, model, pos, id, remote_id, raw_hash, unified, deleted, created_us, modified_us) values (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)").unwrap();
            let mut update = transaction.prepare_cached("update record set raw_hash = ?, unified = ?, modified_us = ? where account = ? and model = ? and pos = ?").unwrap();
            let mut remote = transaction
                .prepare_cached("insert or replace into remote_data (account, model, pos, data) values (?, ?, ?, ?)")
                .unwrap();
            let data = sonic_rs::get(body.as_ref(), ["data"]).unwrap();
            for raw in to_array_iter(data.as_raw_str()) {
                let raw = raw.unwrap();
                let raw = raw.as_raw_str();
                let hash = xxh3_64(raw.as_bytes()) as i64;
                let remote_id = sonic_rs::get(raw, ["id"]).unwrap();
                let id = record_id(account, MODEL, remote_id.as_str().unwrap());
                let found = known
                    .query_row(params![account.as_bytes(), MODEL, id.as_bytes()], |row| {
                        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
                    })
                    .ok();
                if found.is_some_and(|(_, old)| old == hash) {
                    continue;
                }
                let (remote_id, unified) =
                    hard_coded(raw.as_bytes(), &|model, remote| record_id(account, model, remote).to_string());
                let unified = std::str::from_utf8(&unified).unwrap();
                let wrapped = format!(r#"[{{"path":"/v1/employees","data":{raw}}}]"#);
                let at = if let Some((at, _)) = found {
                    update.execute(params![hash, unified, at, account.as_bytes(), MODEL, at]).unwrap();
                    changed += 1;
                    at
                } else {
                    pos += 1;
                    insert
                        .execute(params![
                            account.as_bytes(),
                            MODEL,
                            pos,
                            id.as_bytes(),
                            remote_id,
                            hash,
                            unified,
                            pos,
                            pos
                        ])
                        .unwrap();
                    added += 1;
                    pos
                };
                remote.execute(params![account.as_bytes(), MODEL, at, wrapped]).unwrap();
            }
            transaction.execute("insert or replace into bare_cursor values (1, ?)", params![cursor]).unwrap();
        }
        transaction.commit().unwrap();
        self.pos = pos;
        (added, changed)
    }
}
