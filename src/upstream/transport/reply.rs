//! What came back: the answer of any status, and the classification by status that all upstreams share.
//!
//! What the body means is the clients' work. Every word of it that leaves a client goes through [`Reply::redact`].

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::Response;
use tokio::sync::OwnedSemaphorePermit;

use super::words::{clip, redact};
use crate::config::Secret;
use crate::upstream::Fault;

/// Characters of an upstream's words that are kept.
const MAX_WORDS: usize = 500;
/// Bytes of a body that are looked at for words.
const MAX_SCANNED: usize = 64 * 1024;

/// An answer of any status, whole, decompressed, within the size limit. `Debug` does not show the body.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`, as sent; empty when there was none.
    pub content_type: String,
    /// What `Retry-After` said, unclamped; `None` when absent or not understood.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Bytes,
    secrets: Vec<Secret>,
    /// A large answer holds up the next one until it has been taken apart.
    _turn: Option<OwnedSemaphorePermit>,
}

/// The answer to a download.
#[derive(Debug)]
pub enum Download {
    /// 200: the body is in the file.
    Body {
        /// `ETag`, as sent, for the next `If-None-Match`.
        etag: Option<String>,
        /// `Last-Modified`, as sent, for the next `If-Modified-Since`.
        last_modified: Option<String>,
        /// Bytes written, after decompression.
        bytes: u64,
    },
    /// Any other status: 304, or an error.
    Other(Reply),
}

impl Reply {
    pub(super) fn from_parts(
        response: &Response,
        body: Bytes,
        secrets: Vec<Secret>,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            status: response.status().as_u16(),
            content_type: header(response, "content-type").unwrap_or_default(),
            retry_after: header(response, "retry-after").and_then(|value| retry_after(&value, SystemTime::now())),
            body,
            secrets,
            _turn: turn,
        }
    }

    /// The fault that the status alone tells of; `None` for 2xx, whose body then has the last word.
    pub fn fault(&self) -> Option<Fault> {
        let (status, words) = (self.status, self.words());
        Some(match status {
            200..=299 => return None,
            401 | 403 => Fault::Denied { status, words },
            404 | 405 | 501 => Fault::Unsupported { status, words },
            429 | 503 => Fault::Busy {
                status,
                retry_after: self.retry_after,
                words,
            },
            500..=599 => Fault::Failing { status, words },
            400..=499 => Fault::Refused { status, words },
            _ => Fault::NotApi(format!("HTTP {status}")),
        })
    }

    /// The beginning of the body as one short line without secrets: what a person may read of it.
    pub fn words(&self) -> String {
        let head = self.body.get(..MAX_SCANNED).unwrap_or(&self.body);
        self.redact(&String::from_utf8_lossy(head))
    }

    /// Upstream's text as it may be shown: no secrets of the request, no control characters, at most 500 characters.
    pub fn redact(&self, text: &str) -> String {
        let secrets: Vec<_> = self.secrets.iter().collect();
        clip(&redact(text, &secrets), MAX_WORDS)
    }

    /// The body as text, without a byte order mark.
    ///
    /// # Errors
    /// [`Fault::NotApi`] when it says it is HTML; [`Fault::Garbled`] when it is not UTF-8.
    pub fn text(&self) -> Result<&str, Fault> {
        if self.content_type.to_ascii_lowercase().contains("text/html") && looks_like_markup(&self.body) {
            return Err(Fault::NotApi(format!(
                "HTTP {}: a web page: {}",
                self.status,
                self.words()
            )));
        }
        match std::str::from_utf8(&self.body) {
            Ok(text) => Ok(text.trim_start_matches('\u{feff}')),
            Err(_) => Err(Fault::Garbled("the answer is not UTF-8".into())),
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {} ({} bytes)", self.status, self.body.len())
    }
}

/// A header as text; an unreadable or absurdly long one counts as absent.
pub(super) fn header(response: &Response, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    (value.len() <= 1024).then(|| value.to_owned())
}

/// Whether the first visible character opens a tag.
pub(crate) fn looks_like_markup(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// How many values an answer may have at most, of what separates and opens them in JSON or XML: a cheap look before
/// anything is made of it.
pub(super) fn values(body: &[u8]) -> usize {
    if looks_like_markup(body) {
        // An element may have one tag or two.
        let opens = |pair: &[u8]| pair[0] == b'<' && pair[1] != b'/';
        return body.windows(2).filter(|pair| opens(pair)).count();
    }
    body.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count()
}

/// Seconds, or the HTTP date they end at (one in the past = zero).
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok().map(Duration::from_secs);
    }
    let until = httpdate::parse_http_date(value).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status,
            content_type: String::new(),
            retry_after: Some(Duration::from_secs(7)),
            body: Bytes::from(body.to_owned()),
            secrets: vec![Secret::new("made-up-key")],
            _turn: None,
        }
    }

    #[test]
    fn each_status_has_its_fault() {
        let kind = |status| reply(status, "x").fault().map(|fault| format!("{fault:?}"));
        for (status, expected) in [
            (200, None),
            (201, None),
            (204, None),
            (304, Some("NotApi")),
            (400, Some("Refused")),
            (401, Some("Denied")),
            (403, Some("Denied")),
            (404, Some("Unsupported")),
            (405, Some("Unsupported")),
            (409, Some("Refused")),
            (429, Some("Busy")),
            (500, Some("Failing")),
            (501, Some("Unsupported")),
            (502, Some("Failing")),
            (503, Some("Busy")),
            (504, Some("Failing")),
            (999, Some("NotApi")),
        ] {
            let fault = kind(status);
            assert_eq!(
                fault.as_deref().map(|text| text.split([' ', '(']).next().unwrap()),
                expected,
                "{status}"
            );
        }
    }

    #[test]
    fn the_words_of_a_fault_hold_no_key_and_no_control_characters() {
        let fault = reply(400, "bad\r\n\u{1b}[2J hash made-up-key ").fault().unwrap();
        assert_eq!(
            fault,
            Fault::Refused {
                status: 400,
                words: "bad [2J hash ***".into()
            }
        );
    }

    #[test]
    fn the_words_of_a_long_answer_are_clipped_to_500_characters() {
        assert_eq!(reply(500, &"ж".repeat(200_000)).words().chars().count(), 501);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_garbage_is_unknown() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let parse = |value| retry_after(value, now);
        assert_eq!(parse("120"), Some(Duration::from_secs(120)));
        assert_eq!(parse(" 315360000 "), Some(Duration::from_secs(315_360_000)));
        assert_eq!(parse("Sun, 06 Nov 1994 08:50:07 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(parse("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        for garbage in ["", "soon", "-1", "1.5", "99999999999999999999999"] {
            assert_eq!(parse(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn a_page_that_says_it_is_html_is_not_the_api() {
        let mut page = reply(200, "\u{feff} <html><title>Вход</title>");
        assert!(page.text().is_ok(), "XML begins with a tag too");
        page.content_type = "Text/HTML; charset=utf-8".into();
        assert!(matches!(page.text(), Err(Fault::NotApi(_))));
    }

    #[test]
    fn the_byte_order_mark_is_taken_off() {
        assert_eq!(reply(200, "\u{feff}{}").text().unwrap(), "{}");
    }
}
