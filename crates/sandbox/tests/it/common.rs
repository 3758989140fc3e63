//! A plain HTTP client over a TCP stream, so that tests see exactly what is on the wire.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unisono_sandbox::{Running, Sandbox, StartOptions};

#[derive(Clone)]
pub struct Client {
    running: Arc<Running>,
    headers: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {} {}", self.status, self.body))
    }
}

impl Client {
    pub async fn start(slug: &str, options: StartOptions) -> Self {
        let file = format!("{}/../../connectors/{slug}/sandbox.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(file).unwrap();
        let sandbox = Sandbox::load(slug, &text).unwrap_or_else(|error| panic!("{error}"));
        let running = sandbox.start(options).await.unwrap_or_else(|error| panic!("{error}"));
        Self { running: Arc::new(running), headers: Vec::new() }
    }

    pub fn running(&self) -> &Running {
        &self.running
    }

    pub fn credential(&self, name: &str) -> String {
        self.running.credentials()[name].clone()
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn basic(self, user: &str, password: &str) -> Self {
        let both = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        self.header("authorization", &format!("Basic {both}"))
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn anonymous(&self) -> Self {
        Self { running: Arc::clone(&self.running), headers: Vec::new() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Value::Null).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.try_send(method, path, "application/json", &body).await.expect("an answer")
    }

    pub async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(pairs).finish();
        self.try_send("POST", path, "application/x-www-form-urlencoded", &body).await.expect("an answer")
    }

    /// None if the connection closes without an answer.
    pub async fn try_send(&self, method: &str, path: &str, kind: &str, body: &str) -> Option<Answer> {
        let base = self.running.url();
        let path = path.strip_prefix(base).unwrap_or(path);
        let host = base.strip_prefix("http://").unwrap();
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        head += &format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers =
            lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        Some(Answer { status, headers: headers.collect(), body: body.to_owned() })
    }
}
