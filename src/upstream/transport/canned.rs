//! An answer from memory in the place of the wire, for the fuzz targets: the clients' whole way from arguments to a
//! request and from an answer to a value, thousands of times a second.
//!
//! Not in release builds. Answers what is asked for within [`with_answer`], and keeps what was asked.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http;
use bytes::Bytes;
use reqwest::{Request, Response};
use url::Url;

/// A request that was answered from memory.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The address.
    pub url: Url,
    /// The body.
    pub body: Vec<u8>,
}

struct Canned {
    status: u16,
    content_type: &'static str,
    body: Bytes,
    asked: Mutex<Vec<Asked>>,
}

tokio::task_local! {
    static CANNED: Arc<Canned>;
}

/// Does the work, in which every request gets this answer. Returns what it made of it, and the requests.
pub async fn with_answer<T>(
    status: u16,
    content_type: &'static str,
    body: &[u8],
    work: impl Future<Output = T>,
) -> (T, Vec<Asked>) {
    let canned = Arc::new(Canned {
        status,
        content_type,
        body: Bytes::copy_from_slice(body),
        asked: Mutex::default(),
    });
    let made = CANNED.scope(canned.clone(), work).await;
    let asked = std::mem::take(&mut *canned.asked.lock().unwrap_or_else(PoisonError::into_inner));
    (made, asked)
}

/// The answer to this request, where one is given.
pub(super) fn answer(request: &Request) -> Option<Response> {
    let canned = CANNED.try_with(Arc::clone).ok()?;
    let sent = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let asked = Asked {
        url: request.url().clone(),
        body: sent.to_vec(),
    };
    canned.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    let response = http::Response::builder()
        .status(canned.status)
        .header("content-type", canned.content_type)
        .body(canned.body.clone());
    response.ok().map(Response::from)
}
