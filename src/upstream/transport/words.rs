//! Cleaning of what an upstream says before a person or a log sees it: secrets out, control characters out, short.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::config::Secret;
use crate::upstream::address::component;

/// What stays readable in a query as browsers and the `url` crate write it.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');

/// At most `max` characters of one line: control characters and white space become single spaces, characters that
/// turn the direction of writing vanish, and a cut is marked with `…`.
pub fn clip(text: &str, max: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            gap = length > 0;
            continue;
        }
        if matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}') {
            continue;
        }
        if length + usize::from(gap) >= max {
            line.push('…');
            return line;
        }
        if gap {
            line.push(' ');
            length += 1;
            gap = false;
        }
        line.push(c);
        length += 1;
    }
    line
}

/// The text with every secret replaced by `***`, in each form in which it may come back: as it is, percent-encoded,
/// escaped for JSON or for XML.
pub fn redact(text: &str, secrets: &[&Secret]) -> String {
    Needles::new(secrets.iter().map(|secret| (*secret, "***".to_owned()))).replace(text)
}

/// What to look for in a text, and what to put in its place.
pub(super) struct Needles {
    forms: Vec<(String, String)>,
    /// Bytes of the longest form.
    pub(super) longest: usize,
}

impl Needles {
    /// Each secret becomes `***`.
    pub(super) fn anonymous(secrets: &[Secret]) -> Self {
        Self::new(secrets.iter().map(|secret| (secret, "***".to_owned())))
    }

    /// Each secret becomes its name, written as a shell writes a variable.
    pub(super) fn named(secrets: &[(&'static str, Secret)]) -> Self {
        Self::new(secrets.iter().map(|(name, secret)| (secret, format!("${{{name}}}"))))
    }

    fn new<'a>(secrets: impl Iterator<Item = (&'a Secret, String)>) -> Self {
        let mut all: Vec<(String, String)> = secrets
            .filter(|(secret, _)| !secret.is_empty())
            .flat_map(|(secret, instead)| {
                forms(secret.reveal())
                    .into_iter()
                    .map(move |form| (form, instead.clone()))
            })
            .collect();
        // The longest first: a secret may be a part of another one.
        all.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
        all.dedup();
        let longest = all.first().map_or(0, |(form, _)| form.len());
        Self { forms: all, longest }
    }

    /// The text without the secrets.
    pub(super) fn replace(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for (form, instead) in &self.forms {
            if text.contains(form.as_str()) {
                text = Cow::Owned(text.replace(form.as_str(), instead));
            }
        }
        text.into_owned()
    }
}

fn forms(secret: &str) -> Vec<String> {
    let strict = component(secret);
    let strictest = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let json = serde_json::to_string(secret).unwrap_or_default();
    let json = json
        .strip_prefix('"')
        .and_then(|json| json.strip_suffix('"'))
        .unwrap_or(secret);
    let escaped = [
        json.to_owned(),
        json.replace('/', "\\/"),
        php_json(secret),
        // Others escape what is not ASCII and leave the slash.
        php_json(secret).replace("\\/", "/"),
    ];
    // A JSON message may quote a JSON request.
    let quoted = escaped
        .clone()
        .map(|once| once.replace('\\', "\\\\").replace('"', "\\\""));
    let mut forms = vec![
        secret.to_owned(),
        strict.replace("%20", "+"),
        lower_hex(&strict),
        strict,
        lower_hex(&strictest),
        strictest,
        utf8_percent_encode(secret, QUERY).to_string(),
        quick_xml::escape::escape(secret).into_owned(),
    ];
    forms.extend(escaped);
    forms.extend(quoted);
    forms
}

/// `%2F` as `%2f`, the rest as it is.
fn lower_hex(encoded: &str) -> String {
    let mut out = String::with_capacity(encoded.len());
    let mut hex = 0;
    for c in encoded.chars() {
        out.push(if hex > 0 { c.to_ascii_lowercase() } else { c });
        hex = if c == '%' { 2 } else { hex.max(1) - 1 };
    }
    out
}

/// JSON as PHP writes it: everything outside ASCII as `\uXXXX`, and the slash escaped.
fn php_json(secret: &str) -> String {
    let mut out = String::with_capacity(secret.len());
    for c in secret.chars() {
        match c {
            '"' | '\\' | '/' => out.extend(['\\', c]),
            c if c.is_ascii() => out.push(c),
            c => c
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{clip, redact};
    use crate::config::Secret;

    #[test]
    fn a_secret_is_found_in_every_form_it_may_come_back_in() {
        let secret = Secret::new("пa/ss w\"&1");
        let texts = [
            "пa/ss w\"&1",
            "%D0%BFa%2Fss%20w%22%261",
            "%d0%bfa%2fss+w%22%261".replace('+', "%20").as_str(),
            "%D0%BFa%2Fss+w%22%261",
            "%D0%BFa/ss%20w%22&1",
            "пa/ss w\\\"&1",
            "пa\\/ss w\\\"&1",
            "\\u043fa\\/ss w\\\"&1",
            "\\u043fa/ss w\\\"&1",
            "пa/ss w&quot;&amp;1",
        ]
        .map(String::from);
        for text in texts {
            assert_eq!(redact(&format!("key={text}!"), &[&secret]), "key=***!", "{text}");
        }
    }

    #[test]
    fn an_empty_secret_redacts_nothing_and_a_contained_one_does_not_betray_the_longer() {
        assert_eq!(redact("abc", &[&Secret::new("")]), "abc");
        assert_eq!(
            redact("key-longer", &[&Secret::new("key"), &Secret::new("key-longer")]),
            "***"
        );
    }

    #[test]
    fn clipped_words_are_one_line_without_control_characters() {
        assert_eq!(clip("  a\r\n\tb\u{1b}[31m\u{202e}c  ", 50), "a b [31mc");
        assert_eq!(clip("Склад уже есть", 5), "Склад…");
        assert_eq!(clip("Склад", 5), "Склад");
        assert_eq!(clip("", 5), "");
    }
}
