//! What refusals mean, and what rate-limit headers say.

use expect_test::expect;
use unisono_connector::manifest::{LimitHeaders, Limits, ResetAs};
use unisono_connector::{FaultKind, Observation, Reply};

use crate::support::{CONNECTOR, NOW_US, load, reply, status, with_headers};

fn classify(rules: &str, reply: &Reply) -> Option<unisono_connector::Fault> {
    let text = CONNECTOR.replace("evidence:", &format!("{rules}\nevidence:"));
    load(&text, &[]).unwrap().faults.classify(reply, NOW_US)
}

#[test]
fn statuses_have_their_usual_meaning() {
    let kinds = [401, 403, 404, 408, 422, 429, 500, 503].map(|code| classify("", &status(code, "")).unwrap().kind);
    use FaultKind::{Forbidden, NotFound, RateLimited, Rejected, Unauthorized, Unavailable};
    assert_eq!(
        kinds,
        [Unauthorized, Forbidden, NotFound, Unavailable, Rejected, RateLimited, Unavailable, Unavailable]
    );
    assert!(classify("", &reply("{}")).is_none());
}

#[test]
fn rules_come_before_statuses_and_the_first_match_wins() {
    let rules = "faults:\n  - { when: '.body.ok == false', fault: rejected, message: .body.error }\n  - { status: [503], fault: rate_limited, retry_after: X-Wait }\n  - { status: [409], fault: none }";
    let fault = classify(rules, &reply(r#"{"ok":false,"error":"no such channel"}"#)).unwrap();
    expect!["the vendor refuses the request (200): no such channel"].assert_eq(&fault.message);
    let slow = Reply { status: 503, ..with_headers("", &[("X-Wait", "7")]) };
    let fault = classify(rules, &slow).unwrap();
    assert_eq!((fault.kind, fault.retry_after_s), (FaultKind::RateLimited, Some(7)));
    assert!(classify(rules, &status(409, "")).is_none());
}

#[test]
fn the_vendors_own_words_are_kept_short() {
    let fault = classify(
        "message: '.headers[\"x-why\"]'",
        &Reply { status: 400, ..with_headers("", &[("X-Why", "bad field")]) },
    )
    .unwrap();
    expect!["the vendor refuses the request (400): bad field"].assert_eq(&fault.message);
    let page = status(502, "<html><title>Bad gateway</title></html>");
    expect!["the vendor is not available (502): a page “Bad gateway”"].assert_eq(&classify("", &page).unwrap().message);
    assert!(classify("", &status(500, &"x".repeat(9000))).unwrap().message.len() < 700);
}

#[test]
fn waiting_times_may_be_dates() {
    let late = Reply { status: 429, ..with_headers("", &[("Retry-After", "Tue, 14 Nov 2023 22:14:20 GMT")]) };
    assert_eq!(classify("", &late).unwrap().retry_after_s, Some(60));
}

#[test]
fn limits_are_read_from_declared_or_usual_headers() {
    let unix = with_headers(
        "",
        &[("X-RateLimit-Limit", "100, 100;w=60"), ("X-RateLimit-Remaining", "3"), ("X-RateLimit-Reset", "1700000005")],
    );
    let seen = Limits::default().observe(&unix.headers, NOW_US);
    assert_eq!(seen, Observation { limit: Some(100), remaining: Some(3), reset_in_ms: Some(5000) });
    let headers = LimitHeaders {
        remaining: Some("X-Left".into()),
        reset: Some("X-Window".into()),
        reset_as: ResetAs::MillisWindow,
        limit: None,
    };
    let own = Limits { headers: Some(headers), ..Limits::default() };
    let seen = own.observe(&with_headers("", &[("x-left", "9"), ("x-window", "10000")]).headers, NOW_US);
    assert_eq!(seen, Observation { limit: None, remaining: Some(9), reset_in_ms: Some(10_000) });
}
