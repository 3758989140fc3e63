//! Recorded replies find their streams and become records.

use expect_test::{Expect, expect};
use unisono_connector::{Connector, Recording};

use crate::support::{CONNECTOR, lines, load};

const TICKET: &str = r#"# Source: invented
streams:
  - request: { get: /v1/tickets, query: { view: open } }
    records: .tickets
    retrieve: { request: { get: "/v1/tickets/{{ .id }}" }, record: .ticket }
    also:
      - { request: { post: /v1/tickets/search }, records: .found }
      - { request: { get: "/v1/lists/{{ .id }}/tickets" }, format: xml, records: "[.tickets.ticket] | flatten" }
      - { request: { get: "/v1/lists/{{ .id }}/tickets" } }
read:
  id: .id
  fields: { name: .title, creator: .by, parent_ticket: .up }
"#;
const COMMENT: &str = r#"# Source: invented
streams:
  - request: { get: "/v1/tickets/{{ .parent.id }}/comments" }
    parent: { model: ticketing.ticket }
read:
  id: '"\($parent.id)-\(.n)"'
  fields: { body: .text, ticket: $parent.id }
"#;
const ATTACHMENT: &str = r#"# Source: invented
streams:
  - records: .files
    parent: { model: ticketing.ticket }
read:
  id: .id
  fields: { file_name: .name, ticket: $parent.id }
"#;

fn connector() -> Connector {
    let base = CONNECTOR.replace(
        r#""https://{{ .config.host }}/api""#,
        r#""https://{{ .config.host }}/api/gateway.php/{{ .config.host }}""#,
    );
    let files = [
        ("ticketing/ticket.yaml", TICKET),
        ("ticketing/comment.yaml", COMMENT),
        ("ticketing/attachment.yaml", ATTACHMENT),
    ];
    load(&base, &files).unwrap_or_else(|errors| panic!("{}", lines(&errors)))
}

fn check(request: &str, body: &str, expected: Expect) {
    let text = format!(
        r#"{{"kind":"recorded","request":{request},"response":{{"status":null,"headers":null,"body":{body}}}}}"#
    );
    let recording: Recording = serde_json::from_str(&text).unwrap();
    let found = connector().map_recording(&recording);
    let short = found.map_or("no stream".to_owned(), |lines| {
        let line = |line| {
            let mut value = serde_json::to_value(line).unwrap();
            if let Some(record) = value.get_mut("record").and_then(|record| record.as_object_mut()) {
                record.retain(|_, value| !value.is_null() && value != &serde_json::json!([]));
            }
            format!("{value}\n")
        };
        lines.into_iter().map(line).collect()
    });
    expected.assert_eq(&short);
}

#[test]
fn a_list_is_found_by_its_path_with_or_without_what_stands_in_front() {
    let body = r#"{"tickets":[{"id":7,"title":"A","by":3}]}"#;
    for path in ["/v1/tickets", "https://x.example.com/api/gateway.php/acme/v1/tickets", "/api/v1/tickets/", "/tickets"]
    {
        check(
            &format!(r#"{{"method":"GET","path":"{path}"}}"#),
            body,
            expect![[r#"
            {"model":"ticketing.ticket","record":{"remote_id":"7","name":"A","creator":"3"}}
        "#]],
        );
    }
    check(r#"{"method":"POST","path":"/v1/tickets"}"#, body, expect!["no stream"]);
    check(r#"{"method":"GET","path":"/v1/tickets","query":{"view":"closed"}}"#, body, expect!["no stream"]);
    check(r#"{"method":"GET","path":"/v1/users/tickets"}"#, body, expect!["no stream"]);
}

#[test]
fn one_record_is_found_by_an_id_or_a_placeholder_but_not_by_a_word() {
    let body = r#"{"ticket":{"id":7,"title":"A","files":[{"id":"f","name":"x.txt"}]}}"#;
    for path in ["/v1/tickets/7", "/v1/tickets/{id}"] {
        check(
            &format!(r#"{{"path":"{path}"}}"#),
            body,
            expect![[r#"
            {"model":"ticketing.ticket","record":{"remote_id":"7","name":"A"}}
            {"model":"ticketing.attachment","record":{"remote_id":"f","file_name":"x.txt","ticket":"7"}}
        "#]],
        );
    }
    check(r#"{"path":"/v1/tickets/search"}"#, body, expect!["no stream"]);
}

#[test]
fn the_parent_is_known_from_the_path() {
    check(
        r#"{"path":"/v1/tickets/12/comments"}"#,
        r#"[{"n":1,"text":"hi"}]"#,
        expect![[r#"
        {"model":"ticketing.comment","record":{"remote_id":"12-1","body":"hi","ticket":"12"}}
    "#]],
    );
}

#[test]
fn what_does_not_fit_is_a_reject_with_its_reason() {
    check(
        r#"{"path":"/v1/tickets"}"#,
        r#"{"tickets":[{"title":"A"}]}"#,
        expect![[r#"
        {"model":"ticketing.ticket","reject":null,"reason":"id: the record has no id: null (null)"}
    "#]],
    );
    check(
        r#"{"path":"/v1/tickets"}"#,
        r#"{"error":"x"}"#,
        expect![[r#"
        {"model":"ticketing.ticket","reject":null,"reason":"the vendor's reply has no records at `.tickets` (it has the keys error)"}
    "#]],
    );
}

#[test]
fn other_requests_of_the_stream_are_understood_in_each_of_their_formats() {
    let search = r#"{"method":"POST","path":"/v1/tickets/search"}"#;
    let list = r#"{"method":"GET","path":"/v1/lists/3/tickets"}"#;
    let xml = r#""<?xml version=\"1.0\"?><tickets><ticket><id>7</id><title>A</title></ticket></tickets>""#;
    let cases = [(search, r#"{"found":[{"id":7,"title":"A"}]}"#), (list, r#"[{"id":7,"title":"A"}]"#), (list, xml)];
    for (request, body) in cases {
        check(
            request,
            body,
            expect![[r#"
            {"model":"ticketing.ticket","record":{"remote_id":"7","name":"A"}}
        "#]],
        );
    }
}
