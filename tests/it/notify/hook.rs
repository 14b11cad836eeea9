//! A webhook's other end: keeps what it was sent, answers as it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The part of the address that nobody must see again.
pub(super) const SECRET: &str = "canary-hook-0Q7Z";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Ok,
    /// HTTP 500, with the whole request in the body.
    Echo,
    /// To another address of its own.
    Redirect,
    /// None at all.
    Silence,
}

struct Inner {
    answer: Mutex<Answer>,
    /// First line and body of every request, and whether it was answered with 200.
    asked: Mutex<Vec<(String, Value, bool)>>,
}

#[derive(Clone)]
pub(super) struct Hook {
    address: SocketAddr,
    inner: Arc<Inner>,
}

impl Hook {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hook = Self {
            address: listener.local_addr().unwrap(),
            inner: Arc::new(Inner {
                answer: Mutex::new(Answer::Ok),
                asked: Mutex::default(),
            }),
        };
        let inner = hook.inner.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, inner.clone()));
            }
        });
        hook
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hooks/{SECRET}?key={SECRET}", self.address)
    }

    pub(super) fn answers(&self, answer: Answer) {
        *self.inner.answer.lock().unwrap() = answer;
    }

    /// Every request, answered or not.
    pub(super) fn asked(&self) -> Vec<(String, Value)> {
        let asked = self.inner.asked.lock().unwrap();
        asked
            .iter()
            .map(|(line, body, _)| (line.clone(), body.clone()))
            .collect()
    }

    /// The messages that were taken.
    pub(super) fn taken(&self) -> Vec<Value> {
        let asked = self.inner.asked.lock().unwrap();
        let taken = asked.iter().filter(|(.., taken)| *taken);
        taken.map(|(_, body, _)| body.clone()).collect()
    }

    /// The pieces of all of them, as `event kind subject`.
    pub(super) fn told(&self) -> Vec<String> {
        let items = self
            .taken()
            .into_iter()
            .flat_map(|body| body["items"].as_array().unwrap().clone());
        let word = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        items
            .map(|item| ["event", "kind", "subject"].map(|name| word(&item, name)).join(" "))
            .collect()
    }
}

async fn serve(mut stream: TcpStream, inner: Arc<Inner>) {
    let mut request = Vec::new();
    let (head, body) = loop {
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(count) if count > 0 => request.extend_from_slice(&piece[..count]),
            _ => return,
        }
        if let Some(whole) = whole(&request) {
            break whole;
        }
    };
    let answer = *inner.answer.lock().unwrap();
    let line = head.lines().next().unwrap_or_default().to_owned();
    inner.asked.lock().unwrap().push((line, body, answer == Answer::Ok));
    let answer = match answer {
        Answer::Ok => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_owned(),
        Answer::Echo => {
            let head = head.replace("\r\n", " ");
            format!("HTTP/1.1 500 Oops\r\nContent-Length: {}\r\n\r\n{head}", head.len())
        }
        Answer::Redirect => "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".to_owned(),
        Answer::Silence => {
            // Until the other side gives up.
            let _ = stream.read(&mut [0]).await;
            return;
        }
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Head and body, once they are there.
fn whole(request: &[u8]) -> Option<(String, Value)> {
    let text = std::str::from_utf8(request).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse::<usize>().unwrap())
    })?;
    (body.len() >= length).then(|| (head.to_owned(), serde_json::from_str(body).unwrap()))
}
