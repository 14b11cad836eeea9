//! The ways a call to an upstream can fail, as facts and before any policy.
//!
//! A client says what happened; `queue::outcome` alone decides what follows from it. A fault is never turned into a
//! text before its kind has been read. No text in it may hold a secret: see `transport`.

use std::time::Duration;

/// What went wrong with one request. The words are the upstream's own where it gave any.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Fault {
    /// The request provably never left: refused connection, DNS, TLS, connect timeout. The upstream knows nothing.
    #[error("the request could not be sent: {0}")]
    NotSent(String),
    /// The request may have been acted upon, and no usable answer came: reset, timeout, cut body.
    #[error("no answer came: {0}")]
    Lost(String),
    /// 429 or 503: the upstream asks for time.
    #[error("HTTP {status}: the upstream asks to wait: {words}")]
    Busy {
        /// 429 or 503.
        status: u16,
        /// What `Retry-After` said, unclamped.
        retry_after: Option<Duration>,
        /// The upstream's words, clipped.
        words: String,
    },
    /// 401 or 403: a wrong credential, an address that is not allowed, cut rights.
    #[error("HTTP {status}: access denied: {words}")]
    Denied {
        /// 401 or 403.
        status: u16,
        /// The upstream's words, clipped.
        words: String,
    },
    /// 5xx other than 503.
    #[error("HTTP {status}: the upstream failed: {words}")]
    Failing {
        /// 500..599.
        status: u16,
        /// The upstream's words, clipped.
        words: String,
    },
    /// The upstream understood the request and refuses it: 4xx, or an error status in the body.
    #[error("refused: {words}")]
    Refused {
        /// The HTTP status, 200 where the refusal stands in the body.
        status: u16,
        /// The upstream's words, clipped.
        words: String,
    },
    /// The resource or action does not exist there: 404, 405, 501.
    #[error("HTTP {status}: there is no such method: {words}")]
    Unsupported {
        /// The HTTP status.
        status: u16,
        /// The upstream's words, clipped.
        words: String,
    },
    /// A success status with a page that is not the API's: login, maintenance, captcha; or a redirect.
    #[error("this is not the API's answer: {0}")]
    NotApi(String),
    /// A success status with an answer that cannot be understood, or that speaks of another object.
    #[error("the answer cannot be understood: {0}")]
    Garbled(String),
}

impl Fault {
    /// The HTTP status of the answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Busy { status, .. }
            | Self::Denied { status, .. }
            | Self::Failing { status, .. }
            | Self::Refused { status, .. }
            | Self::Unsupported { status, .. } => Some(*status),
            Self::NotApi(_) | Self::Garbled(_) => Some(200),
            Self::NotSent(_) | Self::Lost(_) => None,
        }
    }
}
