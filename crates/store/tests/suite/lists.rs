//! Lists, filters, orders and the indexes they use.

use crate::db::*;
use unisono_store::*;
use uuid::Uuid;

fn condition(field: Field, op: Op, values: Vec<Scalar>) -> Condition {
    Condition { through: None, field, op, values }
}

fn text(value: &str) -> Vec<Scalar> {
    vec![Scalar::Text(value.to_owned())]
}

async fn found(db: &Db, account: Uuid, condition: Condition) -> String {
    names(&db.all(ListQuery { conditions: vec![condition], ..query(account) }).await).join(",")
}

both! {
    async fn records_listed_page_by_page_while_rewritten_are_neither_missed_nor_doubled(db: Db) {
        let account = db.account("o").await;
        db.commit(page(account, (0..50).map(|n| upsert(n, 1)).collect())).await;
        let (mut wanted, mut seen) = (ListQuery { page_size: 7, ..query(account) }, Vec::new());
        for version in 2.. {
            let page_read = db.scope().list(wanted.clone()).await.unwrap();
            seen.extend(names(&page_read.rows));
            db.commit(page(account, (0..50).rev().map(|n| upsert(n, version)).collect())).await;
            match page_read.next {
                Some(after) => wanted.after = Some(after),
                None => break,
            }
        }
        assert_eq!(seen, (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
    }

    async fn modified_after_lists_what_changed_in_order_of_change(db: Db) {
        let account = db.account("o").await;
        db.commit(page(account, (0..10).map(|n| upsert(n, 1)).collect())).await;
        let clock = db.scope().stream(account, MODEL).await.unwrap().unwrap().clock_us;
        db.commit(page(account, vec![upsert(7, 2), upsert(2, 2), upsert(4, 2)])).await;
        let since = ListQuery { modified_after_us: Some(clock + 1), page_size: 2, ..query(account) };
        assert_eq!(names(&db.all(since).await), ["7", "2", "4"]);
    }

    async fn conditions_compare_text_numbers_booleans_and_lists(db: Db) {
        let account = db.account("o").await;
        let rows = [
            r#"{"name":"Ada","on":true,"n":1.5,"at":"2024-01-15T00:00:00Z","tags":["a","b"],"emails":[{"value":"ada@x.org"}],"none":null}"#,
            r#"{"name":"bob's","on":false,"n":20,"at":"2023-01-15T00:00:00Z","tags":[],"emails":[{"value":"b@x.org"},{"value":"c@x.org"}],"none":"1"}"#,
        ];
        db.commit(page(account, rows.iter().zip(1..).map(|(json, n)| with_json(n, 1, json)).collect())).await;
        let top = |name: &str| Field::Top(name.to_owned());
        let cases = [
            (condition(top("name"), Op::Eq, text("bob's")), "2"),
            (condition(top("name"), Op::Eq, text("ada")), ""),
            (condition(top("name"), Op::EqIgnoreCase, text("aDA")), "1"),
            (condition(top("name"), Op::Contains, text("OB")), "2"),
            (condition(top("on"), Op::Eq, vec![Scalar::Bool(true)]), "1"),
            (condition(top("on"), Op::Eq, vec![Scalar::Bool(false)]), "2"),
            (condition(top("n"), Op::Gt, vec![Scalar::Number(3.0)]), "2"),
            (condition(top("at"), Op::Ge, text("2024-01-01T00:00:00Z")), "1"),
            (condition(top("at"), Op::Lt, text("2024-01-01T00:00:00Z")), "2"),
            (condition(top("none"), Op::IsNull, vec![]), "1"),
            (condition(top("none"), Op::Eq, text("1")), "2"),
            (condition(top("absent"), Op::IsNull, vec![]), "1,2"),
            (condition(Field::Item("tags".into()), Op::Eq, text("b")), "1"),
            (condition(Field::ItemField { list: "emails".into(), field: "value".into() }, Op::Eq, text("c@x.org")), "2"),
            (condition(top("name"), Op::Eq, vec![Scalar::Text("Ada".into()), Scalar::Text("bob's".into())]), "1,2"),
        ];
        for (wanted, ids) in cases {
            let shown = format!("{wanted:?}");
            assert_eq!(found(db, account, wanted).await, ids, "{shown}");
        }
    }

    async fn a_condition_reaches_a_related_record_either_way(db: Db) {
        let account = db.account("o").await;
        db.stream(account, "hris.employment").await;
        let jobs = vec![
            with_json(11, 1, &format!(r#"{{"job_title":"Cook","employee":"{}"}}"#, record_id(1))),
            with_json(12, 1, &format!(r#"{{"job_title":"Waiter","employee":"{}"}}"#, record_id(2))),
        ];
        db.commit(PageCommit { model: "hris.employment".into(), ..page(account, jobs) }).await;
        let people = vec![
            with_json(1, 1, &format!(r#"{{"employments":["{}"],"manager":null}}"#, record_id(11))),
            with_json(2, 1, &format!(r#"{{"employments":["{}"],"manager":"{}"}}"#, record_id(12), record_id(11))),
            with_json(3, 1, r#"{"employments":[]}"#),
        ];
        db.commit(page(account, people)).await;
        let model = || "hris.employment".to_owned();
        let ours = |relation: &str| Through::Ours { relation: relation.to_owned(), model: model() };
        let cases = [
            (ours("employments"), "Waiter", "2"),
            (ours("manager"), "Cook", "2"),
            (Through::Theirs { relation: "employee".into(), model: model() }, "Cook", "1"),
        ];
        for (through, title, ids) in cases {
            let wanted = Condition { through: Some(through), ..condition(Field::Top("job_title".into()), Op::Eq, text(title)) };
            let shown = format!("{wanted:?}");
            assert_eq!(found(db, account, wanted).await, ids, "{shown}");
        }
    }

    async fn an_order_by_field_pages_through_every_record_nulls_last(db: Db) {
        let account = db.account("o").await;
        let value = |n: i64| if n % 4 == 0 { "null".to_owned() } else { format!("\"2024-01-{:02}T00:00:00Z\"", n / 2 + 1) };
        db.commit(page(account, (0..12).map(|n| with_json(n, 1, &format!(r#"{{"at":{}}}"#, value(n)))).collect())).await;
        for (descending, expected) in [(false, "1,2,3,5,6,7,9,10,11,0,4,8"), (true, "10,11,9,6,7,5,2,3,1,0,4,8")] {
            let order = Order::Field { field: "at".into(), descending };
            let rows = db.all(ListQuery { order, page_size: 2, ..query(account) }).await;
            assert_eq!(names(&rows).join(","), expected);
        }
    }

    async fn what_is_no_field_name_never_becomes_sql(db: Db) {
        let account = db.account("o").await;
        for name in ["a'b", "", "a b", "x\"", "$.a"] {
            let wanted = ListQuery { conditions: vec![condition(Field::Top(name.into()), Op::Eq, text("x"))], ..query(account) };
            assert!(matches!(db.scope().list(wanted).await, Err(StoreError::Query { .. })), "{name}");
        }
        let wanted = ListQuery { after: Some(After::Modified(1)), ..query(account) };
        assert!(matches!(db.scope().list(wanted).await, Err(StoreError::Query { .. })));
    }

    async fn lists_and_lookups_use_an_index(db: Db) {
        let account = db.account("o").await;
        for start in (0..5000).step_by(1000) {
            db.commit(page(account, (start..start + 1000).map(|n| upsert(n, 1)).collect())).await;
        }
        analyze(db).await;
        let scope = db.scope();
        let after = Some(After::Position(100));
        let position = scope.explain_list(ListQuery { after, ..query(account) }).await.unwrap();
        let modified = scope.explain_list(ListQuery { modified_after_us: Some(NOW + 4900), ..query(account) }).await.unwrap();
        let by_id = scope.explain_list(ListQuery { ids: vec![record_id(3)], ..query(account) }).await.unwrap();
        let [known, one] = scope.explain_lookups(account, MODEL, record_id(3)).await.unwrap();
        if db.url.starts_with("sqlite") {
            assert!(position.contains("USING PRIMARY KEY (account=? AND model=? AND pos>?)"), "{position}");
            assert!(!position.contains("TEMP B-TREE"), "{position}");
            assert!(known.contains("USING COVERING INDEX record_by_id"), "{known}");
        } else {
            assert!(position.contains("Index Scan using record_pkey"), "{position}");
            assert!(!position.contains("Sort"), "{position}");
            assert!(known.contains("Index Only Scan using record_by_id"), "{known}");
        }
        assert!(modified.contains("record_by_modified") && !modified.contains("TEMP B-TREE"), "{modified}");
        assert!(by_id.contains("record_by_id"), "{by_id}");
        assert!(one.contains("record_by_id"), "{one}");
    }
}

/// Gives PostgreSQL the statistics it would soon collect by itself.
async fn analyze(db: &Db) {
    if db.url.starts_with("postgres") {
        let url = db.url.clone();
        let work =
            move || postgres::Client::connect(&url, postgres::NoTls).unwrap().batch_execute("vacuum analyze record");
        tokio::task::spawn_blocking(work).await.unwrap().unwrap();
    }
}
