//! Somebody at the admin page: a session, pages as the words that stand on them, and buttons that are pressed.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::process::Daemon;
use super::wait::PATIENCE;

/// Somebody who looks at the pages of a daemon.
pub(crate) struct Reader {
    address: SocketAddr,
    language: &'static str,
    cookie: String,
    form_token: String,
}

/// An answer of the daemon.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .next()
    }
}

impl Reader {
    /// Opens the overview, which on loopback gives a session.
    pub(crate) async fn of(daemon: &Daemon, language: &'static str) -> Self {
        let mut reader = Self {
            address: daemon.address,
            language,
            cookie: String::new(),
            form_token: String::new(),
        };
        let answer = reader.ask("GET", "/", "").await;
        let cookie = answer.header("set-cookie").expect("a session");
        reader.cookie = cookie.split(';').next().unwrap().to_owned();
        let page = reader.ask("GET", "/", "").await.body;
        let mark = "name=\"form_token\" value=\"";
        let token = page.split_once(mark).expect("a form").1;
        reader.form_token = token.split('"').next().unwrap().to_owned();
        reader
    }

    /// The words of a page.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.ask("GET", path, "").await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        words(&answer.body)
    }

    /// The same, whatever its status.
    pub(crate) async fn answer(&self, path: &str) -> (u16, String) {
        let answer = self.ask("GET", path, "").await;
        (answer.status, words(&answer.body))
    }

    /// Presses a button: where it leads.
    pub(crate) async fn press(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let token = [("form_token", self.form_token.as_str())];
        let pairs = token
            .iter()
            .chain(fields)
            .map(|(name, value)| format!("{name}={value}"));
        let answer = self.ask("POST", path, &pairs.collect::<Vec<_>>().join("&")).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        answer.header("location").expect("a way on").to_owned()
    }

    /// Sends a form without the session's token: its status.
    pub(crate) async fn forge(&self, path: &str, form: &str) -> u16 {
        self.ask("POST", path, form).await.status
    }

    async fn ask(&self, method: &str, path: &str, form: &str) -> Answer {
        let Self {
            address,
            language,
            cookie,
            ..
        } = self;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAccept-Language: {language}\r\nCookie: {cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
            form.len()
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        timeout(PATIENCE, read).await.expect("an answer").unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        Answer {
            status: head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }
}

/// What a person reads of a page: no tags, one space between words.
fn words(page: &str) -> String {
    let mut text = String::new();
    for part in page.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, after)| after));
        // What stands in two elements are two words, except where a mark follows.
        text.push(' ');
    }
    for (entity, sign) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, sign);
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    [" .", " ,", " :", " ;", " )"]
        .iter()
        .fold(text, |text, mark| text.replace(mark, mark.trim()))
}
