//! The one way to the wire.

use std::time::Duration;

use bytes::Bytes;
use url::Url;

use super::{Fault, Upstream};
use crate::config::Secret;

/// An HTTP client for one upstream.
#[derive(Clone, Debug)]
pub struct Transport {}

/// What to send. `Debug` must show neither query, body nor credentials.
pub struct Request {
    /// GET or POST.
    pub method: reqwest::Method,
    /// The address, possibly with a key in the query.
    pub url: Url,
    /// HTTP Basic.
    pub basic: Option<(String, Secret)>,
    /// Content type and body.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// `If-None-Match` and the like.
    pub headers: Vec<(&'static str, String)>,
    /// From connecting to the last byte.
    pub timeout: Duration,
}

/// An answer of any status, whole, decompressed, within the cap.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`, as sent.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
}
