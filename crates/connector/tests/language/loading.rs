//! What is wrong with a manifest is said with file, line, column, the line, and the name that was meant.

use expect_test::{Expect, expect};

use crate::support::{CONNECTOR, lines, load};

fn connector(from: &str, to: &str, expected: Expect) {
    let text = CONNECTOR.replace(from, to);
    assert_ne!(text, CONNECTOR);
    expected.assert_eq(&lines(&load(&text, &[]).unwrap_err()));
}

fn ticket(text: &str, expected: Expect) {
    expected.assert_eq(&lines(&load(CONNECTOR, &[("ticketing/ticket.yaml", text)]).unwrap_err()));
}

#[test]
fn an_unknown_key_names_the_nearest_one() {
    connector(
        "categories:",
        "categorys:",
        expect![[r#"
        connector.yaml:3:1: unknown key `categorys`, did you mean `categories`?
         3 | categorys: [ticketing]
           | ^
    "#]],
    );
}

#[test]
fn an_unknown_key_inside_a_tagged_mapping_is_found_too() {
    connector(
        "token: \"{{ .credentials.api_key }}\"",
        "token: x, tokn: y",
        expect![[r#"
        connector.yaml:9:33: unknown key `tokn` of the scheme bearer, did you mean `token`?
         9 |   - { scheme: bearer, token: x, tokn: y }
           |                                 ^
    "#]],
    );
    ticket(
        "streams:\n  - request: { get: /t }\n    page: { by: cursor, att: .next }\nread: { id: .id, fields: {} }\n",
        expect![[r#"
        ticketing/ticket.yaml:3:25: unknown key `att`, did you mean `at`?
         3 |     page: { by: cursor, att: .next }
           |                         ^
    "#]],
    );
}

#[test]
fn an_unknown_category_model_or_field_names_the_nearest_one() {
    connector(
        "[ticketing]",
        "[tiketing]",
        expect![[r#"
        connector.yaml:3:14: there is no category `tiketing`, only accounting, ats, calendar, chat, crm, email, filestorage, hris, knowledgebase, ticketing, did you mean `ticketing`?
         3 | categories: [tiketing]
           |              ^
    "#]],
    );
    let errors = load(
        CONNECTOR,
        &[("ticketing/tickt.yaml", "streams: [{ request: { get: /t } }]\nread: { id: .id, fields: {} }\n")],
    )
    .unwrap_err();
    assert_eq!(errors[0].suggestion.as_deref(), Some("ticket"), "{errors:?}");
    ticket(
        "streams:\n  - request: { get: /t }\nread:\n  id: .id\n  fields:\n    nam: .name\n",
        expect![[r#"
        ticketing/ticket.yaml:6:5: ticketing.ticket has no field `nam`, did you mean `name`?
         6 |     nam: .name
           |     ^
    "#]],
    );
}

#[test]
fn a_broken_expression_is_shown_at_its_character() {
    ticket(
        "streams:\n  - request: { get: /t }\n    records: .a | fist(.b)\nread: { id: .id, fields: {} }\n",
        expect![[r#"
        ticketing/ticket.yaml:3:19: unknown function `fist`, did you mean `first`?
         3 |     records: .a | fist(.b)
           |                   ^
    "#]],
    );
}

#[test]
fn credentials_and_unknown_words_are_refused_in_requests() {
    ticket(
        "streams:\n  - request: { get: /t, query: { k: \"{{ .credentials.api_key }}\", s: \"{{ .config.api_key }}\", u: \"{{ .sinse }}\" } }\nread: { id: .id, fields: {} }\n",
        expect![[r#"
        ticketing/ticket.yaml:2:38: credentials may be used under `auth` only
         2 |   - request: { get: /t, query: { k: "{{ .credentials.api_key }}", s: "{{ .config.api_key }}", u: "{{ .sinse }}" } }
           |                                      ^
        ticketing/ticket.yaml:2:71: `api_key` is a secret field: it is `.credentials.api_key`, under `auth` only
         2 |   - request: { get: /t, query: { k: "{{ .credentials.api_key }}", s: "{{ .config.api_key }}", u: "{{ .sinse }}" } }
           |                                                                       ^
        ticketing/ticket.yaml:2:99: `.sinse` is not known here, only .config, .now, .since, .until, .cursor, .page, .offset, .limit, .parent, did you mean `since`?
         2 |   - request: { get: /t, query: { k: "{{ .credentials.api_key }}", s: "{{ .config.api_key }}", u: "{{ .sinse }}" } }
           |                                                                                                   ^
    "#]],
    );
}

#[test]
fn what_contradicts_itself_is_said_all_at_once() {
    let text = "streams:\n  - request: { get: /t, json: { a: 1 } }\n    incremental: { fetch: true }\n  - request: { get: /a, post: /b }\n    parent: { id: .id }\n";
    let errors = load(CONNECTOR, &[("ticketing/ticket.yaml", text)]).unwrap_err();
    let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    for expected in [
        "a GET request has no body, so no `json`",
        "nothing tells the vendor since when",
        "the next bookmark comes from",
        "has no `read`",
        "two streams are called `ticket`",
    ] {
        assert!(messages.iter().any(|message| message.contains(expected)), "{expected} is missing in {messages:#?}");
    }
}

#[test]
fn broken_yaml_and_a_missing_file_are_said() {
    let errors = load("name: [", &[]).unwrap_err();
    assert_eq!((errors.len(), errors[0].file.as_str()), (1, "connector.yaml"));
    assert!(errors[0].line > 0);
    let none: [(&str, &str); 0] = [];
    let errors = unisono_connector::Connector::load("acme", none, crate::support::models()).unwrap_err();
    assert_eq!(errors[0].message, "the connector has no connector.yaml");
}
