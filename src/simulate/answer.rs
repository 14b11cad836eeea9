//! One answer, before it meets the wire: status, headers, and a body that is either whole or streamed.

use axum::http::{HeaderName, HeaderValue, header};
use bytes::Bytes;
use serde_json::Value;

use super::price_list::Download;

/// What goes back to the client.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Payload,
}

/// The body of an answer.
pub(super) enum Payload {
    Whole(Bytes),
    Download(Download),
}

impl Answer {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
        Self {
            status,
            headers,
            body: Payload::Whole(body.into()),
        }
    }

    /// A status with nothing else.
    pub(super) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Payload::Whole(Bytes::new()),
        }
    }

    /// JSON as PHP and Python write it: everything beyond ASCII as `\uXXXX`.
    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", ascii(&value.to_string()))
    }

    /// A page of the web server itself.
    pub(super) fn page(status: u16, text: &str) -> Self {
        let page =
            format!("<!DOCTYPE html><html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>");
        Self::new(status, "text/html; charset=utf-8", page)
    }

    /// Adds a header; a value that cannot be one is left out.
    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}

/// JSON text with every character beyond ASCII written as `\uXXXX`.
pub(super) fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn cyrillic_is_written_as_in_the_documents_examples() {
        assert_eq!(ascii("\"Курск 8\""), r#""\u041a\u0443\u0440\u0441\u043a 8""#);
        assert_eq!(ascii("😀"), r"\ud83d\ude00");
    }
}
