//! The short answers of the panel: `{"status": "success", "text": "..."}` and its failures, all under HTTP 200.

use serde_json::json;

use crate::simulate::answer::Answer;

/// The panel's words for a request that lacks a field.
pub(super) const INCOMPLETE: &str = "Недостаточно параметров.";

pub(super) fn success(text: &str) -> Answer {
    Answer::json(200, &json!({"status": "success", "text": text}))
}

/// Success without words.
pub(super) fn done() -> Answer {
    Answer::json(200, &json!({"status": "success"}))
}

pub(super) fn error(text: &str) -> Answer {
    Answer::json(200, &json!({"status": "error", "text": text}))
}

/// Failure without words.
pub(super) fn failed() -> Answer {
    Answer::json(200, &json!({"status": "error"}))
}

/// `"1"` and `"0"`, as the panel sends truth values.
pub(super) fn bit(value: bool) -> &'static str {
    if value { "1" } else { "0" }
}
