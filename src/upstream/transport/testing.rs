//! A server of raw bytes on loopback for the clients' tests: it says exactly what it was told, and keeps what it heard.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// What the server does with a connection after it has read the request.
#[derive(Clone)]
pub(crate) enum Answer {
    /// These bytes, then close.
    Raw(Vec<u8>),
    /// Close with a reset.
    Reset,
    /// This body, by which the connection could be used again; then close it.
    KeepOnce(&'static str),
    /// This body, to every request on the connection.
    Keep(&'static str),
    /// This body; the next request on the same connection is heard and not answered.
    KeepThenDrop(&'static str),
    /// Keep silent for ever.
    Silence,
    /// A head at once, then one byte after another without an end.
    Drip,
}

/// The server; it ends with the test's runtime.
pub(crate) struct RawServer {
    /// `http://127.0.0.1:port/`.
    pub(crate) url: Url,
    heard: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl RawServer {
    /// Gives the same answer to every request.
    pub(crate) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&heard);
        let connections = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, answer.clone(), Arc::clone(&log)));
            }
        });
        Self {
            url,
            heard,
            connections,
        }
    }

    /// How many connections have been made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Answers 200 with this content type and body.
    pub(crate) async fn ok(content_type: &str, body: &str) -> Self {
        Self::start(Answer::Raw(response(
            "200 OK",
            &format!("Content-Type: {content_type}\r\n"),
            body,
        )))
        .await
    }

    /// Every request so far, head and body.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// A whole HTTP answer; `headers` are lines that end with CR LF.
pub(crate) fn response(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into()
}

/// An answer after which the connection stays.
fn kept(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into()
}

async fn serve(mut stream: TcpStream, answer: Answer, heard: Arc<Mutex<Vec<String>>>) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    heard.lock().unwrap().push(request);
    match answer {
        Answer::Raw(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Answer::Reset => {
            let _ = stream.set_zero_linger();
        }
        Answer::KeepOnce(body) => {
            let _ = stream.write_all(&kept(body)).await;
        }
        Answer::Keep(body) => {
            while stream.write_all(&kept(body)).await.is_ok() {
                let Some(request) = read_request(&mut stream).await else {
                    return;
                };
                heard.lock().unwrap().push(request);
            }
        }
        Answer::KeepThenDrop(body) => {
            let _ = stream.write_all(&kept(body)).await;
            let unanswered = read_request(&mut stream).await;
            heard.lock().unwrap().extend(unanswered);
        }
        Answer::Silence => std::future::pending().await,
        Answer::Drip => {
            let mut bytes: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n";
            let mut tick = tokio::time::interval(Duration::from_millis(5));
            while stream.write_all(bytes).await.is_ok() {
                bytes = b"x";
                tick.tick().await;
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some(head) = text.find("\r\n\r\n") {
            let length = text
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next());
            let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
            if bytes.len() >= head + 4 + length {
                return String::from_utf8(bytes).ok();
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
    }
}
