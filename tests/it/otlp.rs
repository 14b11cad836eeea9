//! Traces (cargo feature `otlp`): what reaches a collector, and that nothing secret or of a customer's does.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use nix::sys::signal::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Setup, until};

/// Takes what is exported; the bodies, as they came.
#[derive(Clone)]
struct Collector {
    address: SocketAddr,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let collector = Self {
            address: listener.local_addr().unwrap(),
            bodies: Arc::default(),
        };
        let bodies = collector.bodies.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let bodies = bodies.clone();
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    while let Ok(1..) = stream.read_buf(&mut request).await {
                        let Some(at) = request.windows(4).position(|four| four == b"\r\n\r\n") else {
                            continue;
                        };
                        let head = String::from_utf8_lossy(&request[..at]).to_lowercase();
                        assert!(head.starts_with("post /v1/traces "), "{head}");
                        let length = head.split("content-length: ").nth(1).unwrap();
                        let length: usize = length.lines().next().unwrap().parse().unwrap();
                        if request.len() < at + 4 + length {
                            continue;
                        }
                        bodies.lock().unwrap().push(request.split_off(at + 4));
                        request.clear();
                        let answer =
                            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
                        stream.write_all(answer).await.unwrap();
                    }
                });
            }
        });
        collector
    }

    /// All of it; texts stand in protobuf as they are.
    fn text(&self) -> String {
        let bodies = self.bodies.lock().unwrap();
        bodies.iter().map(|body| String::from_utf8_lossy(body)).collect()
    }
}

#[tokio::test]
async fn a_run_its_calls_their_attempts_and_their_requests_are_traced_without_what_they_are_about() {
    let collector = Collector::start().await;
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    let endpoint = format!("http://{}", collector.address);
    let export = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let mut daemon = fixture.daemon_with(&export).await;
    daemon.signal(Signal::SIGUSR1);
    daemon.says("run ended", 5).await;
    daemon.stop().await;
    let text = until("the last spans", async || {
        let text = collector.text();
        text.contains("keaz.remains.update").then_some(text)
    })
    .await;
    let wanted = [
        "run",
        "call",
        "attempt",
        "request",
        "sverka.outcome",
        "sverka.run",
        "stock",
        "done",
        "2xx",
        "keaz",
    ];
    let missing: BTreeSet<&str> = wanted.into_iter().filter(|word| !text.contains(word)).collect();
    assert!(missing.is_empty(), "{missing:?} are missing in {text}");
    let key = fixture.settings.keaz.api_key.as_ref().unwrap().reveal().to_owned();
    for word in [key.as_str(), "ART-0", "127.0.0.1", "restapi", "http"] {
        assert!(!text.contains(word), "{word} is in {text}");
    }
}

#[tokio::test]
async fn without_a_collector_nothing_is_exported_and_with_one_that_is_away_work_goes_on() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    let mut daemon = fixture.daemon().await;
    assert!(!daemon.log().contains("traces are exported"), "{}", daemon.log());
    daemon.stop().await;
    let away = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")];
    let mut daemon = fixture.daemon_with(&away).await;
    daemon.says("traces are exported", 1).await;
    daemon.signal(Signal::SIGUSR1);
    daemon.says("run ended", 5).await;
    daemon.stop().await;
    fixture.assert_keaz_equals_erp().await;
}
