//! Templates, encoding, headers and bodies; what credentials and limits have to do with requests.

use expect_test::expect;
use unisono_connector::{Start, Step};

use crate::support::{CONNECTOR, NOW_US, context, full, load, read_with_parents, reply, script, shown, tickets};

#[test]
fn values_are_encoded_and_null_is_left_out() {
    let stream = r#"  - { request: { get: /t, query: { q: "a&b=c d", host: "{{ .config.host }}", none: "{{ .config.nothing }}", many: [1, 2], flag: true } } }"#;
    let read = full(stream, vec![reply("[]")]);
    assert_eq!(read.asked, ["GET /t?q=a%26b%3Dc+d&host=acme.example.com&many=1&many=2&flag=true"]);
}

#[test]
fn bodies_keep_the_types_of_their_templates() {
    let stream = r#"  - { request: { post: /t, json: { size: "{{ .limit }}", text: "n={{ .limit }}", none: "{{ .cursor }}", list: ["{{ .config.host }}"] } }, page: { by: cursor, at: .next, size: 5 }, records: .t }"#;
    let read = full(stream, vec![reply(r#"{"t":[]}"#)]);
    assert_eq!(read.asked, [r#"POST /t {"size":5,"text":"n=5","list":["acme.example.com"]}"#]);
    let form = r#"  - { request: { post: /t, form: { a: "x y", b: "{{ .cursor }}" } } }"#;
    assert_eq!(full(form, vec![reply("[]")]).asked, ["POST /t a=x+y"]);
}

#[test]
fn a_value_in_a_path_can_neither_add_a_query_nor_climb() {
    let connector =
        tickets(r#"  - { request: { get: "/p/{{ .parent.id }}/t" }, parent: { model: ticketing.ticket, id: .id } }"#);
    let stream = &connector.streams("ticketing.ticket")[0];
    let asked = |id: &str| {
        let parent = format!(r#"{{"id":"{id}"}}"#);
        read_with_parents(stream, Start::Full, &[&parent], &mut script(vec![reply("[]")]))
            .map(|read| read.asked[0].clone())
    };
    assert_eq!(asked("1?x=1#y").unwrap(), "GET /p/1%3Fx=1%23y/t");
    assert!(asked("../../admin").unwrap_err().to_string().contains("`..` step"));
}

#[test]
fn the_base_url_must_be_an_address_and_absolute_targets_stay_with_the_vendor() {
    let connector = tickets("  - { request: { get: /t } }");
    let mut cx = context();
    cx.config = sonic_rs::from_str(r#"{"host":"me:pw@evil.example.com"}"#).unwrap();
    let stream = &connector.streams("ticketing.ticket")[0];
    assert!(stream.step(&cx, &stream.begin(Start::Full, NOW_US)).is_err());
    let error = connector.request(&context(), http::Method::GET, "https://evil.example.com/").unwrap_err();
    assert!(error.to_string().contains("neither the base URL's nor listed"), "{error}");
}

#[test]
fn the_check_request_is_built_and_judged() {
    let text = CONNECTOR.replace("evidence:", "check: { get: /me, expect: '.body.ok' }\nevidence:");
    let connector = load(&text, &[]).unwrap();
    let request = connector.check_request(&context()).unwrap().unwrap();
    assert_eq!(shown(&request), "GET /me");
    assert!(request.headers.get("authorization").is_none());
    assert!(connector.checked(&context(), &reply(r#"{"ok":true}"#)).is_ok());
    let fault = connector.checked(&context(), &reply(r#"{"ok":false}"#)).unwrap_err();
    expect!["the vendor's reply to the check is not what `.body.ok` expects"].assert_eq(&fault.message);
}

#[test]
fn link_fields_are_checked_without_repeating_what_was_entered() {
    let text = CONNECTOR.replace("title: Host }", "title: Host, pattern: '^[a-z.]+$' }");
    let connector = load(&text, &[]).unwrap();
    let given = [("host".to_owned(), "UPPER secret".to_owned())].into_iter().collect();
    let problems = connector.check_fields(&given);
    assert_eq!(problems.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["host", "api_key"]);
    assert!(!format!("{problems:?}").contains("UPPER"));
}

#[test]
fn joins_and_retrieve_ask_for_one_record() {
    let connector = tickets(
        r#"  - request: { get: /t }
    join:
      - { as: detail, request: { get: "/t/{{ .record.id }}/detail" }, record: .data }
    retrieve: { request: { get: "/t/{{ .id }}" }, record: .ticket }
"#,
    );
    let (stream, cx) = (&connector.streams("ticketing.ticket")[0], context());
    let state = stream.begin(Start::Full, NOW_US);
    let Step::Send(_) = stream.step(&cx, &state).unwrap() else { panic!("a request is expected") };
    let turn = stream.absorb(&cx, &state, &reply(r#"[{"id":7}]"#)).unwrap();
    let joins = stream.joins(&cx, &turn.records[0]).unwrap();
    assert_eq!(shown(&joins[0].request), "GET /t/7/detail");
    let joined = stream.joined(&cx, &turn.records[0], &[(0, reply(r#"{"data":{"a":1}}"#))]).unwrap();
    assert_eq!(crate::support::text(&joined), r#"{"id":7,"detail":{"a":1}}"#);

    let request = stream.retrieve(&cx, "a b").unwrap().unwrap();
    assert_eq!(shown(&request), "GET /t/a%20b");
    let record = stream.retrieved(&cx, &reply(r#"{"ticket":{"id":7}}"#)).unwrap().unwrap();
    assert_eq!(crate::support::text(&record), r#"{"id":7}"#);
    assert!(stream.retrieved(&cx, &crate::support::status(404, "")).unwrap().is_none());
}
