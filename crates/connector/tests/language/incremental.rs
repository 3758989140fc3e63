//! Reading only changes: times, bookmarks, tokens, fetches and windows.

use expect_test::expect;
use unisono_connector::{Bookmark, Reply, Start};

use crate::support::{NOW_US, full, read, reply, script, status, tickets, with_headers};

const HOUR_US: i64 = 3_600_000_000;

fn since(connector: &unisono_connector::Connector, at_us: i64, replies: Vec<Reply>) -> crate::support::Read {
    let start = Start::Since(Bookmark::At(at_us));
    read(&connector.streams("ticketing.ticket")[0], start, &mut script(replies)).unwrap()
}

#[test]
fn since_is_sent_in_the_vendors_format_minus_the_overlap() {
    for (format, expected) in [
        ("rfc3339", "2023-11-14T22%3A12%3A20Z"),
        ("rfc3339_ms", "2023-11-14T22%3A12%3A20.000Z"),
        ("date", "2023-11-14"),
        ("datetime", "2023-11-14+22%3A12%3A20"),
        ("unix", "1699999940"),
        ("unix_ms", "1699999940000"),
        ("http_date", "Tue%2C+14+Nov+2023+22%3A12%3A20+GMT"),
        ("'strftime:%d.%m.%Y'", "14.11.2023"),
    ] {
        let stream = format!(
            "  - {{ request: {{ get: /t }}, incremental: {{ since: {{ param: after, format: {format} }}, field: .at }} }}"
        );
        let connector = tickets(&stream);
        assert_eq!(
            since(&connector, NOW_US, vec![reply("[]")]).asked,
            [format!("GET /t?after={expected}")],
            "{format}"
        );
        assert_eq!(full(&stream, vec![reply("[]")]).asked, ["GET /t"], "a full pass sends no time");
    }
}

#[test]
fn the_bookmark_is_the_latest_time_seen_but_never_in_the_future() {
    let connector =
        tickets("  - { request: { get: /t }, incremental: { since: { param: after }, field: .at, overlap_s: 0 } }");
    let stream = &connector.streams("ticketing.ticket")[0];
    let page = reply(r#"[{"id":1,"at":"2023-11-14T20:00:00Z"},{"id":2,"at":"2023-11-14T21:00:00+00:00"},{"id":3}]"#);
    let done = read(stream, Start::Full, &mut script(vec![page])).unwrap();
    assert_eq!(stream.bookmark(&done.state), Some(Bookmark::At(1_699_995_600_000_000)));
    let future = read(stream, Start::Full, &mut script(vec![reply(r#"[{"id":1,"at":4102444800}]"#)])).unwrap();
    assert_eq!(stream.bookmark(&future.state), Some(Bookmark::At(NOW_US)));
    let nothing = since(&connector, 5, vec![reply("[]")]);
    assert_eq!(stream.bookmark(&nothing.state), Some(Bookmark::At(5)), "nothing new keeps the bookmark");
}

#[test]
fn the_bookmark_may_be_the_vendors_clock() {
    let connector =
        tickets("  - { request: { get: /t }, incremental: { since: { param: after }, clock: date_header } }");
    let stream = &connector.streams("ticketing.ticket")[0];
    let page = with_headers("[]", &[("Date", "Tue, 14 Nov 2023 22:00:00 GMT")]);
    let done = read(stream, Start::Full, &mut script(vec![page])).unwrap();
    assert_eq!(stream.bookmark(&done.state), Some(Bookmark::At(1_699_999_200_000_000)));
}

#[test]
fn a_token_may_take_the_place_of_a_time() {
    let connector = tickets(
        "  - { request: { get: /t }, records: .t, page: { by: cursor, at: .next, param: c }, incremental: { since: { param: sync }, token: { at: .token } } }",
    );
    let stream = &connector.streams("ticketing.ticket")[0];
    let pages = vec![reply(r#"{"t":[],"next":"2","token":null}"#), reply(r#"{"t":[],"next":null,"token":"s1"}"#)];
    let done = read(stream, Start::Full, &mut script(pages)).unwrap();
    let bookmark = stream.bookmark(&done.state).unwrap();
    assert_eq!(bookmark, Bookmark::Token("s1".into()));
    let next =
        read(stream, Start::Since(bookmark), &mut script(vec![reply(r#"{"t":[],"next":null,"token":"s2"}"#)])).unwrap();
    assert_eq!(next.asked, ["GET /t?sync=s1"]);
}

#[test]
fn listed_ids_are_fetched_one_by_one_and_the_gone_are_named() {
    let connector = tickets(
        r#"  - request: { get: /t }
    incremental:
      request: { get: /changed, query: { since: "{{ .since }}" } }
      records: '[.changes | to_entries[] | .value + { id: .key }]'
      field: .at
      fetch: true
      id: .id
      deleted: .action == "Deleted"
    retrieve: { request: { get: "/t/{{ .id }}" } }
"#,
    );
    let changes = reply(
        r#"{"changes":{"1":{"action":"Updated","at":"2023-11-14T20:00:00Z"},"2":{"action":"Deleted"},"3":{"action":"Inserted"}}}"#,
    );
    let done = since(&connector, NOW_US, vec![changes, reply(r#"{"id":1}"#), status(404, "")]);
    expect![[r#"
        [
            "GET /changed?since=2023-11-14T22%3A12%3A20Z",
            "GET /t/1",
            "GET /t/3",
        ]
    "#]]
    .assert_debug_eq(&done.asked);
    assert_eq!(done.records, [r#"{"id":1}"#]);
    assert_eq!(done.gone, ["2", "3"]);
}

#[test]
fn a_window_is_halved_until_the_vendor_gives_all_of_it() {
    let connector = tickets(
        "  - { request: { get: /t }, records: .t, incremental: { since: { param: from, format: unix }, until: { param: to, format: unix }, field: .at, overlap_s: 0, window: { max_results: 10, total: .total } } }",
    );
    let many = || reply(r#"{"t":[{"id":1}],"total":25}"#);
    let few = || reply(r#"{"t":[{"id":2}],"total":1}"#);
    let done = since(&connector, NOW_US - HOUR_US, vec![many(), many(), few(), few(), few()]);
    expect![[r#"
        [
            "GET /t?from=1699996400&to=1700000000",
            "GET /t?from=1699996400&to=1699998200",
            "GET /t?from=1699996400&to=1699997300",
            "GET /t?from=1699997300&to=1699998200",
            "GET /t?from=1699998200&to=1700000000",
        ]
    "#]]
    .assert_debug_eq(&done.asked);
    assert_eq!(done.records.len(), 3, "a window that is split brings nothing itself");

    let endless = |_: &str| many();
    let start = Start::Since(Bookmark::At(NOW_US - HOUR_US));
    let error = read(&connector.streams("ticketing.ticket")[0], start, &mut { endless }).unwrap_err();
    assert!(error.to_string().contains("within one second"), "{error}");
}

#[test]
fn windows_have_a_longest_size_and_may_cover_full_passes() {
    let stream = "  - { request: { get: /t }, incremental: { since: { param: from, format: date }, until: { param: to, format: date }, field: .at, window: { size_s: 864000, from: '2023-10-25' } } }";
    let done = full(stream, vec![reply("[]"), reply("[]"), reply("[]")]);
    assert_eq!(
        done.asked,
        [
            "GET /t?from=2023-10-25&to=2023-11-04",
            "GET /t?from=2023-11-04&to=2023-11-14",
            "GET /t?from=2023-11-14&to=2023-11-14"
        ]
    );
}

#[test]
fn a_capped_search_may_begin_anew_at_the_last_time_seen() {
    let connector = tickets(
        "  - { request: { get: /t }, records: .t, page: { by: cursor, at: .next, param: c }, incremental: { since: { param: from, format: unix }, field: .at, overlap_s: 0, order: asc, window: { max_results: 2, restart: true } } }",
    );
    let page = |at: i64, next: &str| reply(&format!(r#"{{"t":[{{"id":{at},"at":{at}}}],"next":{next}}}"#));
    let first = 1_699_996_400;
    let replies = vec![page(first + 5, r#""a""#), page(first + 9, r#""b""#), page(first + 20, "null")];
    let done = since(&connector, first * 1_000_000, replies);
    assert_eq!(done.asked, ["GET /t?from=1699996400", "GET /t?c=a&from=1699996400", "GET /t?from=1699996409"]);
}
