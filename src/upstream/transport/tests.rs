//! The transport against a server of raw bytes: what leaves, what comes back, and what is refused.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::net::TcpListener;
use url::Url;

use super::testing::{Answer, RawServer, response};
use super::*;

const LIMIT: usize = 1_000_000;
const LONG: Duration = Duration::from_secs(30);

fn transport() -> Transport {
    Transport::new(Upstream::Keaz, LIMIT).unwrap()
}

async fn get(answer: Answer) -> Result<Reply, Fault> {
    let server = RawServer::start(answer).await;
    transport().send(Request::get(server.url.clone(), LONG)).await
}

fn gzip_answer(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    let packed = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        packed.len()
    );
    [head.into_bytes(), packed].concat()
}

async fn closed_port() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/x?api_key=made-up-key", listener.local_addr().unwrap())
        .parse()
        .unwrap()
}

#[tokio::test]
async fn the_request_on_the_wire_has_our_name_and_no_referer() {
    let server = RawServer::ok("text/plain", "fine").await;
    let url = server.url.join("/a/?q=1").unwrap();
    let request = Request::post(url, LONG, "application/json", b"{}".to_vec())
        .basic("SAPLAB_PANEL", "+7900", Secret::new("слово"))
        .header("if-none-match", "\"1\"");
    let reply = transport().send(request).await.unwrap();
    assert_eq!(
        (reply.status, reply.content_type.as_str(), &reply.body[..]),
        (200, "text/plain", &b"fine"[..])
    );
    let heard = server.heard().remove(0);
    assert!(heard.starts_with("POST /a/?q=1 HTTP/1.1\r\n"), "{heard}");
    assert!(
        heard.contains(concat!("user-agent: sverka/", env!("CARGO_PKG_VERSION"))),
        "{heard}"
    );
    assert!(
        heard.contains("authorization: Basic Kzc5MDA60YHQu9C+0LLQvg==\r\n"),
        "{heard}"
    );
    assert!(
        heard.contains("if-none-match: \"1\"\r\n") && heard.ends_with("\r\n\r\n{}"),
        "{heard}"
    );
    assert!(!heard.to_lowercase().contains("referer"), "{heard}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_its_target_is_not_told() {
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let other = RawServer::ok("text/plain", "stolen").await;
        let location = format!("Location: {}?api_key=made-up-key\r\n", other.url);
        let server = RawServer::start(Answer::Raw(response(status, &location, ""))).await;
        let fault = transport()
            .send(Request::get(server.url.clone(), LONG))
            .await
            .unwrap_err();
        let expected = format!("HTTP {}: a redirect, which is not followed", &status[..3]);
        assert_eq!(fault, Fault::NotApi(expected));
        assert!(other.heard().is_empty());
        assert_eq!(server.heard().len(), 1);
    }
}

#[tokio::test]
async fn not_modified_is_an_answer_and_no_redirect() {
    let reply = get(Answer::Raw(
        b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_vec(),
    ))
    .await
    .unwrap();
    assert_eq!(reply.status, 304);
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused() {
    let fault = get(Answer::Raw(response("200 OK", "", &"x".repeat(LIMIT + 1))))
        .await
        .unwrap_err();
    assert_eq!(fault, Fault::Garbled("an answer larger than 1000000 bytes".into()));
}

#[tokio::test]
async fn a_gzip_bomb_is_stopped_at_the_limit_after_decompression() {
    let bomb = gzip_answer(&vec![b' '; 100 * LIMIT]);
    assert!(bomb.len() < LIMIT / 5);
    assert!(matches!(get(Answer::Raw(bomb)).await, Err(Fault::Garbled(_))));
}

#[tokio::test]
async fn a_gzipped_answer_is_read() {
    assert_eq!(&get(Answer::Raw(gzip_answer(b"{}"))).await.unwrap().body[..], b"{}");
}

#[tokio::test]
async fn a_refused_port_proves_that_nothing_was_sent_and_the_words_hold_no_key() {
    let fault = transport()
        .send(Request::get(closed_port().await, LONG))
        .await
        .unwrap_err();
    assert!(
        matches!(&fault, Fault::NotSent(words) if words.contains("refused")),
        "{fault}"
    );
    assert!(!format!("{fault} {fault:?}").contains("made-up-key"));
}

#[tokio::test]
async fn an_unknown_host_proves_that_nothing_was_sent() {
    let url = "http://nobody.invalid/?api_key=made-up-key".parse().unwrap();
    let fault = transport().send(Request::get(url, LONG)).await.unwrap_err();
    assert!(matches!(fault, Fault::NotSent(_)), "{fault}");
    assert!(!format!("{fault} {fault:?}").contains("made-up-key"));
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_proves_that_nothing_was_sent() {
    let server = RawServer::start(Answer::Silence).await;
    let url = format!("https://{}/", server.url.authority()).parse().unwrap();
    let quick = Transport::with_connect_timeout(Upstream::Keaz, LIMIT, Duration::from_millis(50)).unwrap();
    let fault = quick.send(Request::get(url, LONG)).await.unwrap_err();
    assert!(matches!(fault, Fault::NotSent(_)), "{fault}");
}

#[tokio::test]
async fn a_host_that_takes_no_connection_in_time_proves_that_nothing_was_sent() {
    let (address, _full) = full_backlog();
    let url = format!("http://{address}/").parse().unwrap();
    let quick = Transport::with_connect_timeout(Upstream::Keaz, LIMIT, Duration::from_millis(100)).unwrap();
    let fault = quick.send(Request::get(url, LONG)).await.unwrap_err();
    assert!(matches!(fault, Fault::NotSent(_)), "{fault}");
}

/// A listener that nobody accepts from, with as many connections as it can hold: the next one is not answered.
fn full_backlog() -> (std::net::SocketAddr, Vec<std::net::TcpStream>) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap().into_std().unwrap();
    let address = listener.local_addr().unwrap();
    let connect = || std::net::TcpStream::connect_timeout(&address, Duration::from_millis(100));
    let mut held: Vec<_> = std::iter::from_fn(|| connect().ok()).take(100).collect();
    assert!(held.len() < 100, "the backlog has no end");
    // The listener lives as long as what it holds.
    held.push(std::net::TcpStream::from(std::os::fd::OwnedFd::from(listener)));
    (address, held)
}

/// How many connections the server has seen after each of these requests.
async fn connections(answer: Answer, pooled: &[bool]) -> Vec<usize> {
    let server = RawServer::start(answer).await;
    let transport = transport();
    let mut seen = Vec::new();
    for pooled in pooled {
        let request = Request::get(server.url.clone(), LONG).pooled(*pooled);
        assert_eq!(transport.send(request).await.unwrap().status, 200);
        seen.push(server.connections());
    }
    assert_eq!(server.heard().len(), pooled.len(), "each request was heard once");
    seen
}

#[tokio::test]
async fn a_read_uses_a_kept_connection_and_replaces_one_that_the_server_closed() {
    assert_eq!(connections(Answer::Keep("fine"), &[true; 3]).await, [1, 1, 1]);
    assert_eq!(connections(Answer::KeepOnce("fine"), &[true; 3]).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_write_never_uses_a_kept_connection() {
    assert_eq!(
        connections(Answer::Keep("fine"), &[true, false, false, true]).await,
        [1, 2, 3, 3]
    );
}

#[tokio::test]
async fn a_kept_connection_that_dies_under_a_request_is_a_lost_answer_and_is_not_repeated() {
    let server = RawServer::start(Answer::KeepThenDrop("fine")).await;
    let transport = transport();
    let get = || transport.send(Request::get(server.url.clone(), LONG));
    assert_eq!(get().await.unwrap().status, 200);
    let fault = get().await.unwrap_err();
    assert!(matches!(fault, Fault::Lost(_)), "{fault}");
    assert_eq!((server.connections(), server.heard().len()), (1, 2));
}

#[tokio::test]
async fn a_reset_after_the_request_is_a_lost_answer_and_is_not_repeated() {
    let server = RawServer::start(Answer::Reset).await;
    for pooled in [true, false] {
        let request = Request::get(server.url.clone(), LONG).pooled(pooled);
        let fault = transport().send(request).await.unwrap_err();
        assert!(matches!(fault, Fault::Lost(_)), "{fault}");
    }
    assert_eq!(server.heard().len(), 2);
}

#[tokio::test]
async fn a_body_that_is_cut_is_a_lost_answer() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_vec();
    assert!(matches!(get(Answer::Raw(cut)).await, Err(Fault::Lost(_))));
}

#[tokio::test]
async fn bytes_that_are_not_http_are_a_lost_answer() {
    assert!(matches!(
        get(Answer::Raw(b"SSH-2.0-OpenSSH\r\n".to_vec())).await,
        Err(Fault::Lost(_))
    ));
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let answer = response("200 OK", &"X-Line: 1\r\n".repeat(1000), "");
    assert!(matches!(get(Answer::Raw(answer)).await, Err(Fault::Lost(_))));
    let answer = response("200 OK", &format!("X-Line: {}\r\n", "x".repeat(3_000_000)), "");
    assert!(matches!(get(Answer::Raw(answer)).await, Err(Fault::Lost(_))));
}

#[tokio::test]
async fn silence_after_the_request_is_a_lost_answer_at_the_deadline() {
    let server = RawServer::start(Answer::Silence).await;
    let fault = transport()
        .send(Request::get(server.url.clone(), Duration::from_millis(100)))
        .await
        .unwrap_err();
    assert_eq!(fault, Fault::Lost("no whole answer within 100ms".into()));
}

#[tokio::test]
async fn a_slow_drip_ends_at_the_same_deadline() {
    let server = RawServer::start(Answer::Drip).await;
    let fault = transport()
        .send(Request::get(server.url.clone(), Duration::from_millis(200)))
        .await
        .unwrap_err();
    assert_eq!(fault, Fault::Lost("no whole answer within 200ms".into()));
}

#[tokio::test]
async fn retry_after_comes_with_the_fault() {
    let answer = |value: &str| response("503 Busy", &format!("Retry-After: {value}\r\n"), "wait");
    let busy = |retry_after| Fault::Busy {
        status: 503,
        retry_after,
        words: "wait".into(),
    };
    assert_eq!(
        get(Answer::Raw(answer("7"))).await.unwrap().fault(),
        Some(busy(Some(Duration::from_secs(7))))
    );
    assert_eq!(
        get(Answer::Raw(answer("soon"))).await.unwrap().fault(),
        Some(busy(None))
    );
}

#[tokio::test]
async fn a_password_that_is_echoed_is_not_told_even_as_a_basic_token() {
    let server = RawServer::start(Answer::Raw(response(
        "400 Bad",
        "",
        "hunter22 and cm9vdDpodW50ZXIyMg==",
    )))
    .await;
    let request = Request::get(server.url.clone(), LONG).basic("SAPLAB_PANEL", "root", Secret::new("hunter22"));
    assert_eq!(transport().send(request).await.unwrap().words(), "*** and ***");
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_not_sent() {
    let server = RawServer::ok("text/plain", "").await;
    let request = Request::get(server.url.clone(), LONG).header("if-none-match", "a\nb");
    assert!(matches!(transport().send(request).await, Err(Fault::NotSent(_))));
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_download_streams_the_decompressed_body_into_the_file() {
    let server = RawServer::start(Answer::Raw(gzip_answer(&vec![b'a'; 300_000]))).await;
    let mut file = File::from_std(tempfile::tempfile().unwrap());
    let got = transport()
        .download(Request::get(server.url.clone(), LONG), &mut file, 300_000)
        .await
        .unwrap();
    assert!(
        matches!(
            got,
            Download::Body {
                etag: None,
                last_modified: None,
                bytes: 300_000
            }
        ),
        "{got:?}"
    );
    assert_eq!(file.metadata().await.unwrap().len(), 300_000);
    let fault = transport()
        .download(Request::get(server.url, LONG), &mut file, 299_999)
        .await
        .unwrap_err();
    assert_eq!(fault, Fault::Garbled("a file larger than 299999 bytes".into()));
}

#[tokio::test]
async fn a_download_tells_the_validators_and_leaves_the_file_alone_at_any_other_status() {
    let headers = "ETag: \"v1\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    let mut file = File::from_std(tempfile::tempfile().unwrap());
    let server = RawServer::start(Answer::Raw(response("200 OK", headers, "a;b\n"))).await;
    let got = transport()
        .download(Request::get(server.url, LONG), &mut file, 100)
        .await
        .unwrap();
    let Download::Body {
        etag,
        last_modified,
        bytes: 4,
    } = got
    else {
        panic!("{got:?}")
    };
    assert_eq!(etag.as_deref(), Some("\"v1\""));
    assert_eq!(last_modified.as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));

    let server = RawServer::start(Answer::Raw(response("404 Not Found", "", "no list"))).await;
    let got = transport()
        .download(Request::get(server.url, LONG), &mut file, 100)
        .await
        .unwrap();
    assert!(matches!(got, Download::Other(reply) if reply.status == 404));
    assert_eq!(file.metadata().await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_download_of_a_web_page_is_refused() {
    let server = RawServer::ok("text/html", "\r\n<!doctype html>").await;
    let mut file = File::from_std(tempfile::tempfile().unwrap());
    let fault = transport()
        .download(Request::get(server.url, LONG), &mut file, 100)
        .await
        .unwrap_err();
    assert!(matches!(fault, Fault::NotApi(_)), "{fault}");
}

#[test]
fn the_debug_of_a_request_shows_neither_query_nor_credentials() {
    let url = "https://user:pass@shop.example/panel/order?api_key=made-up-key#x"
        .parse()
        .unwrap();
    let request = Request::post(url, LONG, "application/json", b"made-up-key".to_vec())
        .basic("SAPLAB_PANEL", "login", Secret::new("hunter2"))
        .header("x-key", "made-up-key");
    assert_eq!(format!("{request:?}"), "POST https://shop.example/panel/order");
}

/// The environment of a running test cannot be changed without `unsafe`, so the test starts itself again under one.
#[test]
fn a_proxy_in_the_environment_is_not_used() {
    let program = std::env::current_exe().unwrap();
    let output = std::process::Command::new(program)
        .args([
            "--exact",
            "upstream::transport::tests::a_gzipped_answer_is_read",
            "--test-threads=1",
        ])
        .envs([
            ("HTTP_PROXY", "http://127.0.0.1:9/"),
            ("http_proxy", "http://127.0.0.1:9/"),
        ])
        .envs([
            ("ALL_PROXY", "http://127.0.0.1:9/"),
            ("all_proxy", "http://127.0.0.1:9/"),
        ])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
