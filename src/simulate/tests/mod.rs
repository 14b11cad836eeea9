//! The simulator, asked with plain HTTP in the words of the documents' own examples.

mod carreta;
mod control;
mod faults;
mod keaz;
mod panel;
mod shop;

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

use super::{Effect, Options, Simulator, start};

async fn simulator() -> Simulator {
    start(Options::default()).await.unwrap()
}

/// A client that does nothing by itself: no redirects, no reuse of connections, no decompression.
fn http() -> Client {
    // A second installation in the same process fails, and is not needed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_gzip()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

async fn json(request: RequestBuilder) -> Value {
    serde_json::from_slice(&send(request).await.bytes().await.unwrap()).unwrap()
}

/// The ledger in short: operation, key, value.
fn effects(simulator: &Simulator) -> Vec<(String, String, Value)> {
    let short = |effect: Effect| (effect.operation, effect.key, effect.value);
    simulator.ledger().into_iter().map(short).collect()
}
