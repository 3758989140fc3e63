//! Load: sixteen connections that ask for one address as fast as they get answers, for a bounded time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Connections at once.
const CONNECTIONS: usize = 16;

/// Requests per second of `GET path` at `address` with these header lines, for `seconds`.
pub async fn requests_per_second(address: &str, path: &str, headers: &str, seconds: f64) -> f64 {
    let request: Arc<str> = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n").into();
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let (request, stop, done, address) =
            (Arc::clone(&request), Arc::clone(&stop), Arc::clone(&done), address.to_owned());
        tasks.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.expect("a connection");
            stream.set_nodelay(true).expect("no delay");
            let mut buffer = Vec::with_capacity(256 * 1024);
            while !stop.load(Ordering::Relaxed) {
                stream.write_all(request.as_bytes()).await.expect("a request");
                answer(&mut stream, &mut buffer).await;
                done.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.expect("the connection ends well");
    }
    done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

/// Reads one answer with a `Content-Length`; anything but 200 stops the benchmark.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        let read = stream.read_buf(buffer).await.expect("an answer");
        assert!(read > 0, "the server closed the connection");
        let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
        assert!(text.starts_with("http/1.1 200"), "{text}");
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a content length");
        let whole = head + 4 + length.parse::<usize>().expect("a number");
        while buffer.len() < whole {
            assert!(stream.read_buf(buffer).await.expect("the body") > 0, "the body is cut off");
        }
        return;
    }
}
