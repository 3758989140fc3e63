//! The client against a real server on loopback: what must never get through, and what must survive.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use unisono_outbound::*;

type Hits = Arc<AtomicUsize>;

/// A gzip stream that unpacks to this many megabytes of zeros.
fn gzip_of_zeros(megabytes: usize) -> Vec<u8> {
    // Stored with fixed Huffman codes: literal 0, then <length 258, distance 1> again and again.
    let (mut bits, mut used, mut out) = (0u64, 0u32, vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    let mut put = |value: u64, count: u32, out: &mut Vec<u8>| {
        bits |= value << used;
        used += count;
        while used >= 8 {
            out.push(bits as u8);
            bits >>= 8;
            used -= 8;
        }
    };
    put(0b011, 3, &mut out);
    put(0b0000_1100, 8, &mut out);
    for _ in 0..megabytes * 4064 {
        // Length code 285 is 11000101 and distance code 0 is 00000, most significant bit first.
        put(0b1010_0011, 8, &mut out);
        put(0, 5, &mut out);
    }
    put(0, 7, &mut out);
    put(0, 7, &mut out);
    out
}

async fn serve(hits: Hits) -> SocketAddr {
    let count = |State(hits): State<Hits>| async move { hits.fetch_add(1, Ordering::SeqCst).to_string() };
    let flaky = |State(hits): State<Hits>| async move {
        if hits.fetch_add(1, Ordering::SeqCst) < 2 { StatusCode::BAD_GATEWAY } else { StatusCode::OK }
    };
    let limited = |State(hits): State<Hits>, Path(wait): Path<String>| async move {
        match hits.fetch_add(1, Ordering::SeqCst) {
            0 => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, wait)], "slow down").into_response(),
            _ => "thank you".into_response(),
        }
    };
    let bomb = || async { ([(header::CONTENT_ENCODING, "gzip")], gzip_of_zeros(20)).into_response() };
    let echo = |headers: HeaderMap| async move { format!("{:?}", headers.get("authorization")) };
    let router = Router::new()
        .route("/count", any(count))
        .route("/flaky", any(flaky))
        .route("/limited/{wait}", any(limited))
        .route("/bomb", get(bomb))
        .route("/echo", get(echo))
        .route("/slow", get(|| async { std::future::pending::<Response>().await }))
        .route("/moved", any(|| async { Redirect::temporary("/count") }))
        .route("/circle", get(|| async { Redirect::temporary("/circle") }))
        .route("/metadata", get(|| async { Redirect::temporary("http://169.254.169.254/latest/meta-data/") }))
        .route("/elsewhere", get(|| async { Redirect::temporary("http://other.test/count?token=abc") }))
        .route("/large", get(|| async { Body::from(vec![b'x'; 3 << 20]) }))
        .with_state(hits);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Answers every connection with these bytes and, if told to, closes it.
async fn serve_raw(bytes: &'static [u8], close: bool) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).await;
                let _ = stream.write_all(bytes).await;
                if !close {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    address
}

/// A resolver that counts and can change its mind.
struct Names(Mutex<Vec<IpAddr>>, Arc<AtomicUsize>);

impl Lookup for Names {
    fn lookup(&self, _host: String) -> LookupFuture {
        self.1.fetch_add(1, Ordering::SeqCst);
        let mut all = self.0.lock().unwrap();
        let ip = if all.len() > 1 { all.remove(0) } else { all[0] };
        Box::pin(async move { Ok(vec![ip]) })
    }
}

fn open() -> GuardConfig {
    GuardConfig { allow_private: true, ..GuardConfig::default() }
}

fn client(guard: Guard) -> (Outbound, Arc<Mutex<Vec<Exchange>>>) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let entries = Arc::clone(&log);
    let mut config = Config::new(guard);
    config.log = Some(LogHook::new(move |exchange| entries.lock().unwrap().push(exchange)));
    config.limits.backoff = Duration::from_millis(2);
    config.limits.body_bytes_max = 2 << 20;
    config.timeouts.idle = Duration::from_millis(300);
    (Outbound::new(config).unwrap(), log)
}

fn lane(outbound: &Outbound) -> Lane {
    outbound.lane("account", &Pace { wait_max: Duration::from_secs(3), ..Pace::default() })
}

fn ask(method: Method, address: impl std::fmt::Display, path: &str) -> Request {
    Request::new(method, Url::parse(&format!("http://{address}{path}")).unwrap())
}

async fn get_from(path: &str) -> (Result<Reply, SendError>, Vec<Exchange>, usize) {
    let hits = Hits::default();
    let address = serve(hits.clone()).await;
    let (outbound, log) = client(Guard::new(open()));
    let result = outbound.send(&lane(&outbound), ask(Method::GET, address, path)).await;
    let log = log.lock().unwrap().clone();
    (result, log, hits.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_refused_address_is_never_contacted() {
    let hits = Hits::default();
    let address = serve(hits.clone()).await;
    let (outbound, log) = client(Guard::new(GuardConfig { allow_http: true, ..GuardConfig::default() }));
    for host in [address.to_string(), format!("localhost:{}", address.port())] {
        let error = outbound.send(&lane(&outbound), ask(Method::GET, &host, "/count")).await.unwrap_err();
        assert!(matches!(error, SendError::Refused(GuardError::Range { .. })), "{host}: {error:?}");
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0);
    assert!(log.lock().unwrap().iter().all(|entry| entry.error.is_some()));
}

#[tokio::test]
async fn a_name_is_resolved_once_and_its_address_pinned() {
    let address = serve(Hits::default()).await;
    let lookups = Arc::new(AtomicUsize::new(0));
    // A second look-up would give an address where nobody answers: DNS rebinding.
    let ips = vec!["127.0.0.1".parse().unwrap(), "10.255.255.1".parse().unwrap()];
    let names = Names(Mutex::new(ips), lookups.clone());
    let allowed =
        GuardConfig { allow_nets: vec!["127.0.0.1/32".parse().unwrap()], allow_http: true, ..Default::default() };
    let (outbound, _) = client(Guard::with_lookup(allowed, Arc::new(names)));
    let lane = lane(&outbound);
    for expected in ["0", "1", "2"] {
        let reply = outbound.send(&lane, ask(Method::GET, format!("vendor.test:{}", address.port()), "/count")).await;
        assert_eq!(reply.unwrap().body, expected);
    }
    assert_eq!(lookups.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused_with_its_reason() {
    let names = Names(Mutex::new(vec!["192.168.7.7".parse().unwrap()]), Arc::default());
    let (outbound, _) = client(Guard::with_lookup(GuardConfig::default(), Arc::new(names)));
    let request = Request::new(Method::GET, Url::parse("https://vendor.test/").unwrap());
    let error = outbound.send(&lane(&outbound), request).await.unwrap_err();
    assert_eq!(error.to_string(), "vendor.test is refused: 192.168.7.7 is a private address");
}

#[tokio::test]
async fn redirects_are_followed_on_the_same_host_only() {
    let (reply, log, _) = get_from("/moved").await;
    assert_eq!(reply.unwrap().url.path(), "/count");
    assert_eq!(log.len(), 2);
    let (error, ..) = get_from("/metadata").await;
    assert!(matches!(error, Err(SendError::Refused(GuardError::Range { .. }))), "{error:?}");
    let (error, ..) = get_from("/elsewhere").await;
    let text = error.unwrap_err().to_string();
    assert!(text.contains("redirects to http://other.test/count, which is not followed: another host"), "{text}");
    let (error, log, _) = get_from("/circle").await;
    assert!(error.unwrap_err().to_string().contains("too many redirects"));
    assert_eq!(log.len(), 6);
}

#[tokio::test]
async fn only_reading_follows_redirects() {
    let hits = Hits::default();
    let address = serve(hits.clone()).await;
    let (outbound, _) = client(Guard::new(open()));
    let error = outbound.send(&lane(&outbound), ask(Method::POST, address, "/moved")).await.unwrap_err();
    assert!(matches!(error, SendError::Redirected { .. }), "{error:?}");
    assert_eq!(hits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_silent_server_times_out_and_a_reading_request_is_repeated() {
    let (error, log, _) = get_from("/slow").await;
    assert!(matches!(error, Err(SendError::Timeout { what: "a reply", .. })), "{error:?}");
    assert_eq!(log.iter().map(|entry| entry.attempt).collect::<Vec<_>>(), [1, 2, 3]);
}

#[tokio::test]
async fn a_body_that_stops_half_way_times_out() {
    let address = serve_raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[1, 2,", false).await;
    let (outbound, _) = client(Guard::new(open()));
    let error = outbound.send(&lane(&outbound), ask(Method::GET, address, "/")).await.unwrap_err();
    assert!(matches!(error, SendError::Timeout { what: "the rest of its reply", .. }), "{error:?}");
}

#[tokio::test]
async fn a_truncated_body_is_an_error_in_every_framing() {
    let framings: [&'static [u8]; 3] = [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[1, 2,",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n[1, 2,\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 12\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\xff\x63\x60",
    ];
    for framing in framings {
        let address = serve_raw(framing, true).await;
        let (outbound, _) = client(Guard::new(open()));
        let error = outbound.send(&lane(&outbound), ask(Method::GET, address, "/")).await.unwrap_err();
        assert!(matches!(error, SendError::Truncated { .. }), "{error:?}");
        assert!(error.may_have_arrived() && error.is_temporary());
    }
}

#[tokio::test]
async fn a_connection_closed_before_the_reply_leaves_open_whether_the_request_arrived() {
    let address = serve_raw(b"HTTP/1.1 200", true).await;
    let (outbound, _) = client(Guard::new(open()));
    let error = outbound.send(&lane(&outbound), ask(Method::GET, address, "/")).await.unwrap_err();
    assert!(matches!(error, SendError::HungUp { .. }), "{error:?}");
    assert!(error.may_have_arrived() && error.is_temporary());
}

#[tokio::test]
async fn a_body_is_limited_after_decompression() {
    let (error, ..) = get_from("/large").await;
    assert!(matches!(error, Err(SendError::TooLarge { .. })), "{error:?}");
    let (error, log, _) = get_from("/bomb").await;
    assert!(matches!(error, Err(SendError::TooLarge { .. })), "{error:?}");
    assert_eq!(log.len(), 1);
}

#[tokio::test]
async fn a_reading_request_is_repeated_when_the_vendor_is_out_of_order() {
    let (reply, log, _) = get_from("/flaky").await;
    assert_eq!(reply.unwrap().status, StatusCode::OK);
    assert_eq!(log.iter().map(|entry| entry.status).collect::<Vec<_>>(), [Some(502), Some(502), Some(200)]);
}

#[tokio::test]
async fn a_writing_request_is_never_repeated_blindly() {
    let hits = Hits::default();
    let address = serve(hits.clone()).await;
    let (outbound, _) = client(Guard::new(open()));
    let reply = outbound.send(&lane(&outbound), ask(Method::POST, address, "/flaky")).await.unwrap();
    assert_eq!((reply.status, hits.load(Ordering::SeqCst)), (StatusCode::BAD_GATEWAY, 1));
    let mut search = ask(Method::POST, address, "/flaky");
    search.repeatable = Some(true);
    assert_eq!(outbound.send(&lane(&outbound), search).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn a_short_refusal_is_waited_out_and_a_long_one_parks() {
    let (reply, log, _) = get_from("/limited/1").await;
    assert_eq!(reply.unwrap().body, "thank you");
    assert_eq!(log.iter().map(|entry| entry.status).collect::<Vec<_>>(), [Some(429), Some(200)]);

    let hits = Hits::default();
    let address = serve(hits.clone()).await;
    let (outbound, _) = client(Guard::new(open()));
    let error = outbound.send(&lane(&outbound), ask(Method::GET, address, "/limited/600")).await.unwrap_err();
    let SendError::Parked { park, reply } = error else { panic!("{error:?}") };
    assert!(park.wait > Duration::from_secs(590) && park.wait <= Duration::from_secs(600), "{:?}", park.wait);
    assert_eq!(reply.unwrap().body, "slow down");
    let error = outbound.send(&lane(&outbound), ask(Method::GET, address, "/count")).await.unwrap_err();
    assert!(matches!(error, SendError::Parked { .. }));
    assert_eq!(hits.load(Ordering::SeqCst), 1, "a parked lane sends nothing");
}

#[tokio::test]
async fn the_caller_decides_what_a_reply_means() {
    let hits = Hits::default();
    let address = serve(hits.clone()).await;
    let (outbound, _) = client(Guard::new(open()));
    let mut request = ask(Method::GET, address, "/count");
    request.classify = Some(Classify::new(|reply| match reply.body.as_ref() {
        b"0" => Verdict::RateLimited { retry_after: Some(Duration::from_millis(10)) },
        b"1" => Verdict::Unavailable,
        _ => Verdict::Deliver,
    }));
    assert_eq!(outbound.send(&lane(&outbound), request).await.unwrap().body, "2");
}

#[tokio::test]
async fn nothing_secret_reaches_the_log() {
    let address = serve(Hits::default()).await;
    let (outbound, log) = client(Guard::new(open()));
    let mut request = ask(Method::GET, address, "/echo?access_token=tok-1&page=2&x=hush-hush");
    request.headers.insert("authorization", "Bearer hush-hush".parse().unwrap());
    request.hide(&Secret::new("hush-hush"));
    let reply = outbound.send(&lane(&outbound), request).await.unwrap();
    assert!(String::from_utf8_lossy(&reply.body).contains("hush-hush"), "the vendor gets it");
    // The lane remembers: a later request that forgets to name the secret is redacted as well.
    let _ = outbound.send(&lane(&outbound), ask(Method::GET, address, "/echo?y=hush-hush")).await;
    let text = format!("{:?}", log.lock().unwrap());
    assert!(!text.contains("hush") && !text.contains("tok-1"), "{text}");
    assert!(text.contains("/echo?access_token=***&page=2&x=***"), "{text}");
}

#[tokio::test]
async fn nobody_at_home_is_said_in_plain_words() {
    let (outbound, _) = client(Guard::new(open()));
    let error = outbound.send(&lane(&outbound), ask(Method::GET, "127.0.0.1:9", "/?key=abc")).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot connect to 127.0.0.1:9: "), "{error}");
    assert!(!error.may_have_arrived());
}
