//! One received request, and the ways its parts are read: path segments, query, form body, Basic credentials.
//!
//! Strict on purpose: what the documents do not allow is not understood here.

use axum::http::{HeaderMap, Method, header};
use bytes::Bytes;
use percent_encoding::percent_decode_str;

/// A request with its whole body.
pub(super) struct Request {
    pub(super) method: Method,
    /// Raw, percent-encoded.
    pub(super) path: String,
    /// Raw, without the question mark.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    /// The segments of the path, split at raw slashes and decoded afterwards, so that `%2F` stays inside a segment.
    /// None when one of them is not UTF-8.
    pub(super) fn segments(&self) -> Option<Vec<String>> {
        let decode = |raw: &str| percent_decode_str(raw).decode_utf8().ok().map(|text| text.into_owned());
        self.path.split('/').skip(1).map(decode).collect()
    }

    /// All values of a query parameter, decoded, in order.
    pub(super) fn query_all(&self, name: &str) -> Vec<String> {
        let pairs = url::form_urlencoded::parse(self.query.as_bytes());
        pairs
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .collect()
    }

    /// The first value of a query parameter.
    pub(super) fn query_first(&self, name: &str) -> Option<String> {
        self.query_all(name).into_iter().next()
    }

    /// A header as text.
    pub(super) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The media type of the body, lower case, without parameters.
    pub(super) fn content_type(&self) -> String {
        let value = self.header(header::CONTENT_TYPE).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The pairs of a form body, as PHP would see them: none unless it is declared as a form.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        if self.method != Method::POST || self.content_type() != "application/x-www-form-urlencoded" {
            return Vec::new();
        }
        url::form_urlencoded::parse(&self.body)
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect()
    }

    /// Whether the request carries exactly these Basic credentials (UTF-8).
    pub(super) fn is_from(&self, login: &str, password: &str) -> bool {
        let wanted = format!("Basic {}", base64(format!("{login}:{password}").as_bytes()));
        self.header(header::AUTHORIZATION).is_some_and(|given| given == wanted)
    }
}

/// Base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let group = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let sextet = (group >> (18 - 6 * place)) & 63;
            text.push(if place <= chunk.len() {
                char::from(ALPHABET[sextet as usize])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_every_length() {
        let texts: Vec<String> = ["", "f", "fo", "foo", "foob"]
            .iter()
            .map(|t| base64(t.as_bytes()))
            .collect();
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }

    #[test]
    fn an_encoded_slash_stays_inside_its_segment() {
        let request = Request {
            method: Method::GET,
            path: "/panel/order/filter/brand/KNECHT%2FMAHLE".into(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        assert_eq!(request.segments().unwrap().last().unwrap(), "KNECHT/MAHLE");
    }
}
