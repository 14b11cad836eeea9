//! The body of a POST: `name=value&name=value`, every byte outside of the unreserved ones percent-encoded.
//!
//! The document's examples show the values as people read them; sent so, `&`, `+` and a leading space would change.
//! Called by `panel` and `shop`.

use std::fmt::Display;

use crate::upstream::address::component;

/// The content type of a form.
pub(super) const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// Fields in the order of the document's examples.
#[derive(Default)]
pub(super) struct Form(String);

impl Form {
    /// A field that is always sent.
    #[must_use]
    pub(super) fn field(mut self, name: &str, value: impl Display) -> Self {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        let value = component(&value.to_string());
        self.0.push_str(&format!("{}={value}", component(name)));
        self
    }

    /// `1` or `0`.
    #[must_use]
    pub(super) fn flag(self, name: &str, value: bool) -> Self {
        self.field(name, u8::from(value))
    }

    /// A check box: `on` when true, absent when not.
    #[must_use]
    pub(super) fn checked(self, name: &str, value: bool) -> Self {
        if value { self.field(name, "on") } else { self }
    }

    /// The bytes to send.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_arrives_as_it_was_meant() {
        let form = Form::default()
            .field("name", " г. Уфа & +1=2%")
            .flag("sms", true)
            .flag("email", false)
            .checked("status", true)
            .checked("is_wholesaler", false)
            .field("wholesalers[type]", "");
        assert_eq!(
            String::from_utf8(form.into_bytes()).unwrap(),
            "name=%20%D0%B3.%20%D0%A3%D1%84%D0%B0%20%26%20%2B1%3D2%25&sms=1&email=0&status=on&wholesalers%5Btype%5D="
        );
    }
}
