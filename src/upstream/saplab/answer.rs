//! How Saplab says no: HTTP 200 all the same, `status: error` in the body, and words in Russian (both documents). How
//! the panel says yes: `success`, and nothing else; a page of the shop, an unknown word or no word is none.
//!
//! Called by `panel` and `shop`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::upstream::object::Object;
use crate::upstream::transport::Reply;
use crate::upstream::{Fault, json};

/// Where the panel's words stand.
const PANEL_WORDS: &str = "text";

/// The body of the panel's answer when it is no refusal.
///
/// # Errors
/// As [`body_with`].
pub(super) fn body(reply: &Reply) -> Result<Box<RawValue>, Fault> {
    body_with(reply, PANEL_WORDS)
}

/// The body of an answer that is no refusal; the words of a refusal stand in the field `words`.
///
/// # Errors
/// The fault of the HTTP status; [`Fault::NotApi`] for a page; [`Fault::Refused`] for `status: error`;
/// [`Fault::Garbled`] for what is not JSON.
pub(super) fn body_with(reply: &Reply, words: &'static str) -> Result<Box<RawValue>, Fault> {
    if let Some(fault) = reply.fault() {
        // The document names no HTTP status for an error in the body: believe the body under 4xx too.
        return Err(match fault {
            Fault::Refused { status, .. } | Fault::Unsupported { status, .. } if status < 500 => {
                json::parse::<Box<RawValue>>(reply)
                    .ok()
                    .and_then(|raw| refusal(reply, &raw, words))
                    .unwrap_or(fault)
            }
            other => other,
        });
    }
    let raw: Box<RawValue> = json::parse(reply)?;
    match refusal(reply, &raw, words) {
        Some(fault) => Err(fault),
        None => Ok(raw),
    }
}

/// What Saplab said to a write that was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Success {
    /// Its words, for people; `None` where it gave none.
    pub text: Option<String>,
}

/// Whether a write was done.
///
/// # Errors
/// As [`body`]; [`Fault::Garbled`] when the body does not say `success`.
pub(super) fn done(reply: &Reply) -> Result<Success, Fault> {
    let raw = body(reply)?;
    let object = Object::read(&raw).unwrap_or_default();
    if object.text("status").as_deref() != Some("success") {
        return Err(Fault::Garbled(format!("neither success nor error: {}", reply.words())));
    }
    let text = object.text("text").filter(|text| !text.trim().is_empty());
    Ok(Success {
        text: text.map(|text| reply.redact(&text)),
    })
}

fn refusal(reply: &Reply, raw: &RawValue, words: &'static str) -> Option<Fault> {
    let object = Object::read(raw)?;
    if object.text("status").as_deref() != Some("error") {
        return None;
    }
    let words = object.text(words).unwrap_or_else(|| "error without words".into());
    Some(Fault::Refused {
        status: reply.status,
        words: reply.redact(&words),
    })
}
