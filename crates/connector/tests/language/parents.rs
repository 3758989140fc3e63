//! Streams below a parent: stored, listed on the way, or with the records inside it.

use unisono_connector::{Bookmark, Start, Step};

use crate::support::{NOW_US, context, full, read, read_with_parents, reply, script, tickets};

#[test]
fn each_stored_parent_has_its_own_chain_of_pages() {
    let connector = tickets(
        r#"  - request: { get: "/p/{{ .parent.id }}/t" }
    records: .t
    page: { by: cursor, at: .next, param: c }
    parent: { model: ticketing.ticket, where: .open }
"#,
    );
    let stream = &connector.streams("ticketing.ticket")[0];
    let parents = [r#"{"id":1,"open":true}"#, r#"{"id":2,"open":false}"#, r#"{"id":3,"open":true}"#];
    let replies = vec![
        reply(r#"{"t":[{"id":10}],"next":"x"}"#),
        reply(r#"{"t":[],"next":null}"#),
        reply(r#"{"t":[{"id":30}],"next":null}"#),
    ];
    let done = read_with_parents(stream, Start::Full, &parents, &mut script(replies)).unwrap();
    assert_eq!(done.asked, ["GET /p/1/t", "GET /p/1/t?c=x", "GET /p/3/t"]);
    assert_eq!(done.records, [r#"{"id":10}"#, r#"{"id":30}"#]);
}

#[test]
fn an_incremental_read_may_visit_only_changed_parents() {
    let connector = tickets(
        r#"  - { request: { get: "/p/{{ .parent.id }}" }, parent: { model: ticketing.ticket, visit: changed } }"#,
    );
    let stream = &connector.streams("ticketing.ticket")[0];
    assert!(stream.is_incremental());
    let state = stream.begin(Start::Since(Bookmark::At(77)), NOW_US);
    match stream.step(&context(), &state).unwrap() {
        Step::Parent { since_us: Some(77), visit: unisono_connector::manifest::Visit::Changed, .. } => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(stream.bookmark(&state), Some(Bookmark::At(NOW_US)));
}

#[test]
fn a_listed_parent_page_is_fetched_again_after_a_restart_and_taken_up_where_it_was() {
    let connector = tickets(
        r#"  - request: { get: "/p/{{ .parent.key }}/t" }
    parent: { list: { request: { get: /p }, records: .p, page: { by: cursor, at: .next, param: c } }, id: .key }
"#,
    );
    // The support reader sends the state through JSON before every step, so every parent after the first of a page
    // is found by fetching the page again.
    let mut vendor = |asked: &str| match asked {
        "GET /p" => reply(r#"{"p":[{"key":"a"},{"key":"b"}],"next":"2"}"#),
        "GET /p?c=2" => reply(r#"{"p":[{"key":"c"}],"next":null}"#),
        "GET /p/a/t" => reply(r#"[{"id":1}]"#),
        "GET /p/b/t" => reply(r#"[{"id":2}]"#),
        "GET /p/c/t" => reply(r#"[{"id":3}]"#),
        other => panic!("unexpected {other}"),
    };
    let done = read(&connector.streams("ticketing.ticket")[0], Start::Full, &mut vendor).unwrap();
    assert_eq!(done.records, [r#"{"id":1}"#, r#"{"id":2}"#, r#"{"id":3}"#]);
}

#[test]
fn records_inside_a_parent_need_no_request() {
    let connector = tickets("  - { records: .files, parent: { model: ticketing.ticket } }");
    let parents = [r#"{"id":1,"files":[{"id":"f"}]}"#, r#"{"id":2}"#];
    let done = read_with_parents(&connector.streams("ticketing.ticket")[0], Start::Full, &parents, &mut script(vec![]))
        .unwrap();
    assert!(done.asked.is_empty());
    assert_eq!(done.records, [r#"{"id":"f"}"#]);
}

#[test]
fn a_stream_of_deletions_marks_its_records() {
    let connector =
        tickets("  - { request: { get: /t } }\n  - { name: gone, request: { get: /gone }, deletions_only: true }");
    let stream = &connector.streams("ticketing.ticket")[1];
    assert!(stream.deletions_only);
    assert_eq!(full("  - { request: { get: /t } }", vec![reply("[]")]).records.len(), 0);
}
