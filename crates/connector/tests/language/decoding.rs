//! Bodies that are not JSON.

use std::io::Write as _;

use bytes::Bytes;
use expect_test::expect;
use unisono_connector::Reply;

use crate::support::{fault, full, reply};

fn records(format: &str, selector: &str, body: &str) -> String {
    let selector = if selector.is_empty() { String::new() } else { format!(", records: '{selector}'") };
    full(&format!("  - {{ request: {{ get: /t }}, format: {format}{selector} }}"), vec![reply(body)]).records.join("\n")
}

#[test]
fn csv_has_a_header_any_usual_separator_quotes_and_perhaps_a_byte_order_mark() {
    expect![[r#"
        {"id":"1","name":"Ada, Countess"}
        {"id":"2","name":"two\nlines"}"#]]
    .assert_eq(&records("csv", "", "\u{feff}id,name\r\n1,\"Ada, Countess\"\r\n2,\"two\nlines\"\r\n"));
    expect![[r#"{"id":"1","name":"a,b"}"#]].assert_eq(&records("csv", "", "id;name\n1;a,b\n"));
    expect![[r#"{"id":"1","name":"é"}"#]].assert_eq(&{
        let latin = Reply { body: Bytes::from_static(b"id\tname\n1\t\xe9\n"), ..reply("") };
        full("  - { request: { get: /t }, format: csv }", vec![latin]).records.join("\n")
    });
}

#[test]
fn csv_that_cannot_be_right_is_a_fault() {
    let odd = |body: &str| fault("  - { request: { get: /t }, format: csv }", vec![reply(body)]);
    expect!["the vendor's reply is not valid CSV: row 1 has 3 values for 2 columns"].assert_eq(&odd("a,b\n1,2,3\n"));
    expect!["the vendor's reply is not valid CSV: the column `a` occurs twice"].assert_eq(&odd("a,a\n1,2\n"));
    expect!["the vendor's reply is not valid CSV: it has no header line"].assert_eq(&odd(""));
}

#[test]
fn ndjson_is_one_record_a_line() {
    expect![[r#"
        {"id":1}
        {"id":2}"#]]
    .assert_eq(&records("ndjson", "", "{\"id\":1}\n\n{\"id\":2}\n"));
    let odd = fault("  - { request: { get: /t }, format: ndjson }", vec![reply("{\"id\":1}\n{\"id\":")]);
    assert!(odd.contains("cut off"), "{odd}");
}

#[test]
fn xml_becomes_json_by_the_documented_convention() {
    let body = r#"<?xml version="1.0"?><ns:people xmlns:ns="urn:x" xmlns:xsi="urn:i"><ns:person id="1"><name>A &amp; B &#233;</name><tag>x</tag><tag>y</tag><gone xsi:nil="true"/><none/></ns:person></ns:people>"#;
    expect![[r#"{"@id":"1","name":"A & B é","tag":["x","y"],"gone":null,"none":null}"#]].assert_eq(&records(
        "xml",
        ".people.person",
        body,
    ));
    assert_eq!(records("xml", ".people.person", "<people/>"), "");
    assert_eq!(
        records("xml", ".people.person", "<people><person><id>1</id></person><person><id>2</id></person></people>")
            .lines()
            .count(),
        2
    );
    let odd = fault("  - { request: { get: /t }, format: xml, records: .a.b }", vec![reply("<a><b>")]);
    expect!["the vendor's reply is cut off after 6 bytes"].assert_eq(&odd);
    let odd = fault("  - { request: { get: /t }, format: xml, records: .a.b }", vec![reply("<error>no</error>")]);
    expect!["the vendor's reply has no records at `.a.b` (it has the keys error)"].assert_eq(&odd);
}

#[test]
fn a_gzip_body_is_opened() {
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zip.write_all(br#"[{"id":1}]"#).unwrap();
    let zipped = Reply { body: Bytes::from(zip.finish().unwrap()), ..reply("") };
    assert_eq!(full("  - { request: { get: /t } }", vec![zipped]).records, [r#"{"id":1}"#]);
}

#[test]
fn records_may_be_selected_by_any_jq() {
    let read = full(
        "  - { request: { get: /t }, records: '[.users[] | select(.on)]' }",
        vec![reply(r#"{"users":{"7":{"id":7,"on":true},"8":{"id":8}}}"#)],
    );
    assert_eq!(read.records, [r#"{"id":7,"on":true}"#]);
}
