//! Paging of every kind, and every way in which it can be odd.

use expect_test::expect;

use crate::support::{fault, full, reply, status, with_headers};

#[test]
fn page_numbers_end_at_the_total_of_pages() {
    let stream = "  - { request: { get: /t }, records: .t, page: { by: number, param: page, size: 2, size_param: per, total_pages: .pages } }";
    let read =
        full(stream, vec![reply(r#"{"t":[{"id":1},{"id":2}],"pages":2}"#), reply(r#"{"t":[{"id":3}],"pages":2}"#)]);
    assert_eq!(read.asked, ["GET /t?per=2&page=1", "GET /t?per=2&page=2"]);
    assert_eq!(read.records, [r#"{"id":1}"#, r#"{"id":2}"#, r#"{"id":3}"#]);
}

#[test]
fn page_numbers_without_a_total_end_at_a_short_page() {
    let stream = "  - { request: { get: /t }, page: { by: number, param: p, start: 0, size: 2 } }";
    let read = full(stream, vec![reply(r#"[{"id":1},{"id":2}]"#), reply("[]")]);
    assert_eq!(read.asked, ["GET /t?p=0", "GET /t?p=1"]);
}

#[test]
fn offsets_count_records_up_to_the_total() {
    let stream = "  - { request: { get: /t }, records: .t, page: { by: offset, param: offset, size: 2, size_param: limit, total: .total } }";
    let read =
        full(stream, vec![reply(r#"{"t":[{"id":1},{"id":2}],"total":3}"#), reply(r#"{"t":[{"id":3}],"total":3}"#)]);
    assert_eq!(read.asked, ["GET /t?limit=2&offset=0", "GET /t?limit=2&offset=2"]);
}

#[test]
fn cursors_come_from_the_body_or_a_header_and_go_where_the_vendor_wants_them() {
    let stream =
        "  - { request: { get: /t }, records: .t, page: { by: cursor, at: .meta.next, param: 'page[after]' } }";
    let read = full(
        stream,
        vec![reply(r#"{"t":[{"id":1}],"meta":{"next":"a b"}}"#), reply(r#"{"t":[],"meta":{"next":null}}"#)],
    );
    assert_eq!(read.asked, ["GET /t", "GET /t?page%5Bafter%5D=a+b"]);

    let stream = "  - { request: { get: /t }, page: { by: cursor, header: X-Next, param: c } }";
    let read = full(stream, vec![with_headers(r#"[{"id":1}]"#, &[("X-Next", "7")]), reply("[]")]);
    assert_eq!(read.asked, ["GET /t", "GET /t?c=7"]);

    let stream = "  - { request: { post: /t, json: { q: all } }, records: .t, page: { by: cursor, at: .next, more: .more, param: paging.after, in: body } }";
    let read = full(
        stream,
        vec![reply(r#"{"t":[{"id":1}],"more":true,"next":"x"}"#), reply(r#"{"t":[],"more":false,"next":"y"}"#)],
    );
    assert_eq!(read.asked, [r#"POST /t {"q":"all"}"#, r#"POST /t {"q":"all","paging":{"after":"x"}}"#]);
}

#[test]
fn further_pages_may_have_a_request_of_their_own() {
    let stream = "  - { request: { post: /list, json: { path: '' } }, records: .t, page: { by: cursor, at: .cursor, more: .more, continue: { post: /more, json: { cursor: '{{ .cursor }}' } } } }";
    let read = full(
        stream,
        vec![reply(r#"{"t":[{"id":1}],"more":true,"cursor":"x"}"#), reply(r#"{"t":[],"more":false,"cursor":"y"}"#)],
    );
    assert_eq!(read.asked, [r#"POST /list {"path":""}"#, r#"POST /more {"cursor":"x"}"#]);
}

#[test]
fn graphql_pages_by_a_variable() {
    let stream = "  - { request: { graphql: { query: 'query($after: String) { issues(after: $after) { nodes { id } } }' } }, records: .data.issues.nodes, page: { by: cursor, at: .data.issues.next, param: variables.after, in: body } }";
    let read = full(
        stream,
        vec![
            reply(r#"{"data":{"issues":{"nodes":[{"id":1}],"next":"z"}}}"#),
            reply(r#"{"data":{"issues":{"nodes":[],"next":null}}}"#),
        ],
    );
    assert!(read.asked[1].ends_with(r#""variables":{"after":"z"}}"#), "{}", read.asked[1]);
}

#[test]
fn next_addresses_may_be_relative_but_stay_with_the_vendor() {
    let stream = "  - { request: { get: /t, query: { a: 1 } }, records: .t, page: { by: next_url, at: .next } }";
    let read =
        full(stream, vec![reply(r#"{"t":[{"id":1}],"next":"/api/t?a=1&skip=1"}"#), reply(r#"{"t":[],"next":null}"#)]);
    assert_eq!(read.asked, ["GET /t?a=1", "GET /t?a=1&skip=1"]);

    let odd = fault(stream, vec![reply(r#"{"t":[{"id":1}],"next":"https://evil.example.net/t"}"#)]);
    expect!["the next page is at another host (evil.example.net); list it under `hosts` if that is right"]
        .assert_eq(&odd);
}

#[test]
fn link_headers_and_odata_lead_on() {
    let stream = "  - { request: { get: /t }, page: { by: link_header, size: 100, size_param: per_page } }";
    let link =
        r#"<https://acme.example.com/api/t?page=9>; rel="last", <https://acme.example.com/api/t?page=2>; rel="next""#;
    let read = full(stream, vec![with_headers(r#"[{"id":1}]"#, &[("Link", link)]), reply("[]")]);
    assert_eq!(read.asked, ["GET /t?per_page=100", "GET /t?page=2"]);

    let stream = "  - { request: { get: /t }, records: .value, page: { by: odata, size: 5, size_param: $top } }";
    let next = r#"{"value":[{"id":1}],"@odata.nextLink":"https://acme.example.com/api/t?$skiptoken=4"}"#;
    let read = full(stream, vec![reply(next), reply(r#"{"value":[]}"#)]);
    assert_eq!(read.asked, ["GET /t?%24top=5", "GET /t?$skiptoken=4"]);
}

#[test]
fn a_repeated_cursor_is_a_circle_even_if_it_is_a_wide_one() {
    let stream = "  - { request: { get: /t }, records: .t, page: { by: cursor, at: .next, param: c } }";
    let page = |next: &str| reply(&format!(r#"{{"t":[{{"id":1}}],"next":"{next}"}}"#));
    let odd = fault(stream, vec![page("a"), page("a")]);
    expect!["the vendor's paging runs in a circle: page 2 leads back to `a`"].assert_eq(&odd);
    let around = ["a", "b", "c"].iter().cycle().take(30).map(|next| page(next)).collect();
    assert!(fault(stream, around).contains("runs in a circle"));
}

#[test]
fn an_empty_or_short_list_is_a_fault_when_more_was_promised() {
    let stream = "  - { request: { get: /t }, records: .t, page: { by: offset, param: o, size: 2, total: .total } }";
    let two = r#"{"t":[{"id":1},{"id":2}],"total":5}"#;
    let odd = fault(stream, vec![reply(two), reply(r#"{"t":[],"total":5}"#)]);
    expect!["page 2 is empty although the vendor promised 5 records and gave 2"].assert_eq(&odd);

    let stream = "  - { request: { get: /t }, records: .t, page: { by: cursor, at: .next, param: c, total: .total } }";
    let odd = fault(stream, vec![reply(r#"{"t":[{"id":1}],"total":4,"next":null}"#)]);
    expect!["the list ended after 1 records although the vendor promised 4"].assert_eq(&odd);
}

#[test]
fn an_end_that_is_not_told_is_a_fault() {
    let stream = "  - { request: { get: /t }, records: .t, page: { by: number, param: p, size: 1, more: .more } }";
    let odd = fault(stream, vec![reply(r#"{"t":[{"id":1}]}"#)]);
    expect!["page 1 does not tell whether more follows: `.more` is null instead of true or false"].assert_eq(&odd);
}

#[test]
fn a_reply_that_is_no_page_says_what_it_is() {
    let stream = "  - { request: { get: /t }, records: .t }";
    let odd = |body: &str| fault(stream, vec![reply(body)]);
    expect!["the vendor answered with an HTML page (“Sign in”) instead of JSON; the address may be wrong, or a login or proxy page is in the way"]
        .assert_eq(&odd("<!DOCTYPE html><html><head><title>Sign in</title></head></html>"));
    expect!["the vendor answered with XML instead of JSON"].assert_eq(&odd("<?xml version=\"1.0\"?><t/>"));
    expect!["the vendor's reply is cut off after 18 bytes"]
        .assert_eq(&odd(r#"{"t":[{"id":1},{"#.to_owned().as_str().replace("},{", "},{ \"").as_str()));
    expect!["the vendor answered 200 with an empty body"].assert_eq(&odd(" "));
    expect!["the vendor's reply is not valid JSON: it begins with `ok`"].assert_eq(&odd("ok"));
    expect!["the vendor's reply has no records at `.t` (it has the keys error, code)"]
        .assert_eq(&odd(r#"{"error":"x","code":1}"#));
    expect!["the vendor's reply has no records at `.t` (it has null there; write `// []` after the path if that means an empty list)"]
        .assert_eq(&odd(r#"{"t":null}"#));
    let pdf = with_headers("%PDF-1.4", &[("content-type", "application/pdf")]);
    expect!["the vendor answered with application/pdf instead of JSON"].assert_eq(&fault(stream, vec![pdf]));
}

#[test]
fn no_content_is_an_empty_list_and_a_refusal_is_not() {
    let stream = "  - { request: { get: /t } }";
    assert!(full(stream, vec![status(204, "")]).records.is_empty());
    expect!["the vendor has no such thing (404)"].assert_eq(&fault(stream, vec![status(404, "")]));
    let tolerant = "  - { request: { get: /t }, empty_on: [404] }";
    assert!(full(tolerant, vec![status(404, "")]).records.is_empty());
}
