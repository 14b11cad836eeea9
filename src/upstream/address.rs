//! Addresses built by hand, so that what a value says is what goes out.
//!
//! The `url` crate leaves `&` and `;` in a pushed path segment bare and drops the segments `.` and `..`, which then
//! names another method. Here every byte outside of the unreserved ones is percent-encoded, and an address that the
//! crate would change is refused. Called by the Saplab and Carreta clients.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::Fault;

/// RFC 3986, unreserved characters: the only ones that mean themselves everywhere.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One path segment, query key, query value or form value.
pub(crate) fn component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// One path segment that is not empty and keeps its place.
///
/// # Errors
/// [`Fault::Refused`] (status 0: nothing was sent) for `""`, `"."` and `".."`.
pub(super) fn segment(name: &str, value: &str) -> Result<String, Fault> {
    match value {
        "" | "." | ".." => Err(unsendable(&format!("`{name}` cannot be {value:?} in an address"))),
        _ => Ok(component(value)),
    }
}

/// The base address with this path and query behind it.
///
/// # Errors
/// [`Fault::Refused`] (status 0: nothing was sent) when they would not go out exactly so.
pub(super) fn join(base: &Url, path_and_query: &str) -> Result<Url, Fault> {
    let mut base = base.clone();
    base.set_query(None);
    base.set_fragment(None);
    let text = format!("{}{path_and_query}", base.as_str().trim_end_matches('/'));
    match Url::parse(&text) {
        Ok(url) if url.as_str() == text => Ok(url),
        _ => Err(unsendable("the address cannot be sent as it should be")),
    }
}

fn unsendable(words: &str) -> Fault {
    Fault::Refused {
        status: 0,
        words: words.to_owned(),
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_goes_out_byte_for_byte() {
        for (value, expected) in [
            ("KNECHT/MAHLE", "KNECHT%2FMAHLE"),
            ("MEAT&DORIA;", "MEAT%26DORIA%3B"),
            ("A#1", "A%231"),
            ("100%", "100%25"),
            ("%2e%2e", "%252e%252e"),
            ("a b+c", "a%20b%2Bc"),
            ("Ё", "%D0%81"),
            (".sg-4540.", ".sg-4540."),
            ("...", "..."),
            ("30.896.00", "30.896.00"),
        ] {
            let segment = segment("article", value).unwrap();
            assert_eq!(segment, expected);
            let base = Url::parse("https://shop.example/sub/").unwrap();
            let url = join(&base, &format!("/panel/{segment}/end")).unwrap();
            assert_eq!(url.as_str(), format!("https://shop.example/sub/panel/{expected}/end"));
        }
    }

    #[test]
    fn a_value_that_would_change_the_path_is_refused() {
        for value in ["", ".", ".."] {
            assert!(
                matches!(segment("brand", value), Err(Fault::Refused { status: 0, .. })),
                "{value}"
            );
        }
        let base = Url::parse("https://shop.example").unwrap();
        for path in ["/panel/../order", "/a/%2e%2E/b", "/a b"] {
            assert!(
                matches!(join(&base, path), Err(Fault::Refused { status: 0, .. })),
                "{path}"
            );
        }
    }
}
