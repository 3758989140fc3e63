//! A small connector around the stream under test, and a vendor that answers from a list of replies.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use unisono_connector::{
    Connector, Context, LoadError, Parent, RawRecord, Reply, Request, Start, Step, Stream, StreamState, TurnError,
};
use unisono_model::Models;

pub const NOW_US: i64 = 1_700_000_000_000_000; // 2023-11-14T22:13:20Z

pub const CONNECTOR: &str = r#"# Source: invented
name: Acme
categories: [ticketing]
base_url: "https://{{ .config.host }}/api"
fields:
  - { name: host, title: Host }
  - { name: api_key, title: Key, type: secret }
auth:
  - { scheme: bearer, token: "{{ .credentials.api_key }}" }
evidence: { level: none }
"#;

pub const READ: &str = "
read:
  id: .id
  fields: { name: .name }
";

static MODELS: LazyLock<Models> = LazyLock::new(|| {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models"), &mut files);
    let texts = files.iter().map(|path| (path.to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap()));
    Models::load(texts).unwrap()
});

pub fn models() -> &'static Models {
    &MODELS
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|kind| kind == "yaml") {
            files.push(path);
        }
    }
}

pub fn load(connector: &str, files: &[(&str, &str)]) -> Result<Connector, Vec<LoadError>> {
    let all = [("connector.yaml", connector)].into_iter().chain(files.iter().copied());
    Connector::load("acme", all, models())
}

/// A connector whose tickets come by the given `streams` and a plain `read`.
pub fn tickets(streams: &str) -> Connector {
    let text = format!("# Source: invented\nstreams:\n{streams}{READ}");
    load(CONNECTOR, &[("ticketing/ticket.yaml", &text)]).unwrap_or_else(|errors| panic!("{}", lines(&errors)))
}

pub fn lines(errors: &[LoadError]) -> String {
    errors.iter().map(|error| format!("{error}\n")).collect()
}

pub fn context() -> Context {
    Context { config: sonic_rs::from_str(r#"{"host":"acme.example.com"}"#).unwrap(), now_us: NOW_US }
}

pub fn reply(body: &str) -> Reply {
    with_headers(body, &[])
}

pub fn with_headers(body: &str, headers: &[(&str, &str)]) -> Reply {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
    }
    Reply { status: 200, headers: map, body: Bytes::copy_from_slice(body.as_bytes()) }
}

pub fn status(status: u16, body: &str) -> Reply {
    Reply { status, ..reply(body) }
}

/// What a whole read asked for and brought.
#[derive(Debug)]
pub struct Read {
    pub asked: Vec<String>,
    pub records: Vec<String>,
    pub gone: Vec<String>,
    pub state: StreamState,
}

/// Reads a stream to its end. The state goes through JSON before every step, as if each page were resumed from the store.
pub fn read(stream: &Stream, start: Start, vendor: &mut dyn FnMut(&str) -> Reply) -> Result<Read, TurnError> {
    read_with_parents(stream, start, &[], vendor)
}

pub fn read_with_parents(
    stream: &Stream,
    start: Start,
    parents: &[&str],
    vendor: &mut dyn FnMut(&str) -> Reply,
) -> Result<Read, TurnError> {
    let cx = context();
    let state = stream.begin(start, NOW_US);
    let mut done = Read { asked: Vec::new(), records: Vec::new(), gone: Vec::new(), state };
    for _ in 0..200 {
        let saved = serde_json::to_string(&done.state).unwrap();
        done.state = serde_json::from_str(&saved).unwrap();
        let reply = match stream.step(&cx, &done.state)? {
            Step::Done => return Ok(done),
            Step::Parent { after, .. } => {
                let next = after.map_or(0, |key| key.parse::<usize>().unwrap() + 1);
                let parent = parents
                    .get(next)
                    .map(|raw| Parent { key: next.to_string(), raw: Bytes::copy_from_slice(raw.as_bytes()) });
                done.state = stream.visit(&done.state, parent)?;
                continue;
            }
            Step::Ready(reply) => reply,
            Step::Send(request) => {
                let asked = shown(&request);
                done.asked.push(asked.clone());
                vendor(&asked)
            }
        };
        let turn = stream.absorb(&cx, &done.state, &reply)?;
        done.records.extend(turn.records.iter().map(text));
        done.gone.extend(turn.gone);
        done.state = turn.state;
    }
    panic!("the read does not end: {:?}", done.asked);
}

pub fn text(record: &RawRecord) -> String {
    String::from_utf8(record.raw.to_vec()).unwrap()
}

/// `GET /tickets?page=2`, with the body of a POST after it.
pub fn shown(request: &Request) -> String {
    let url = request.url.as_str();
    let path = url.strip_prefix("https://acme.example.com/api").unwrap_or(url);
    let body = String::from_utf8_lossy(&request.body);
    let space = if body.is_empty() { "" } else { " " };
    format!("{} {path}{space}{body}", request.method)
}

/// Answers with one reply after the other.
pub fn script(replies: Vec<Reply>) -> impl FnMut(&str) -> Reply {
    let mut replies = replies.into_iter();
    move |asked| replies.next().unwrap_or_else(|| panic!("one request too many: {asked}"))
}

/// What stops a read of the whole list.
pub fn fault(streams: &str, replies: Vec<Reply>) -> String {
    let connector = tickets(streams);
    read(&connector.streams("ticketing.ticket")[0], Start::Full, &mut script(replies)).unwrap_err().to_string()
}

/// A read of the whole list.
pub fn full(streams: &str, replies: Vec<Reply>) -> Read {
    let connector = tickets(streams);
    read(&connector.streams("ticketing.ticket")[0], Start::Full, &mut script(replies)).unwrap()
}
