//! The answer of KEAZ in either format: the rows under the name of the resource, and `status` with code and messages.
//!
//! Which of the two formats came is seen from the first character: the type in the URL and the answer may disagree.

mod json;
mod xml;

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use serde_json::Value;

use crate::upstream::Fault;
use crate::upstream::transport::{Reply, clip};

/// A value of either format. Numbers are kept as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// JSON `null`.
    Empty,
    Text(String),
    List(Vec<Node>),
    /// In the order of the text; a name may stand several times.
    Map(Vec<(Arc<str>, Node)>),
}

/// One message: as it came, to be read, and without secrets, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) raw: String,
    pub(super) shown: String,
}

/// An answer taken apart, before anybody has judged it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// What stood under the name of the resource, if anything did.
    list: Option<Node>,
    pub(super) code: Option<String>,
    pub(super) messages: Vec<Message>,
}

impl Node {
    /// The same, taken out: a long list is not copied.
    fn take(self, name: &str) -> Option<Self> {
        let Self::Map(pairs) = self else { return None };
        pairs
            .into_iter()
            .rev()
            .find(|(key, _)| **key == *name)
            .map(|(_, value)| value)
    }

    /// The value under a name; of several the last one counts.
    fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(pairs) = self else { return None };
        pairs.iter().rfind(|(key, _)| **key == *name).map(|(_, value)| value)
    }

    /// The text under a name; `None` when it is absent, null or no text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The rows of a list, however PHP wrote it: a list, a map with numbers for keys, `<item>`s, or one bare row.
    fn rows(&self) -> Vec<&Self> {
        let is_item = |(name, value): &(Arc<str>, Self)| {
            **name == *"item" || name.bytes().all(|b| b.is_ascii_digit()) || matches!(value, Self::Map(_))
        };
        match self {
            Self::Empty => Vec::new(),
            Self::Text(text) if text.trim().is_empty() => Vec::new(),
            Self::List(rows) => rows.iter().collect(),
            Self::Map(pairs) if pairs.iter().all(is_item) => pairs.iter().map(|(_, row)| row).collect(),
            Self::Map(_) | Self::Text(_) => vec![self],
        }
    }

    /// As JSON. Numbers become texts, as they were written; of a name that stands twice the last one counts.
    fn value(&self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Text(text) => text.as_str().into(),
            Self::List(nodes) => nodes.iter().map(Self::value).collect(),
            Self::Map(pairs) => pairs
                .iter()
                .map(|(name, node)| (name.to_string(), node.value()))
                .collect(),
        }
    }

    /// Every text in it, in order.
    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Empty => Vec::new(),
            Self::Text(text) if text.trim().is_empty() => Vec::new(),
            Self::Text(text) => vec![text],
            Self::List(nodes) => nodes.iter().flat_map(Self::texts).collect(),
            Self::Map(pairs) => pairs.iter().flat_map(|(_, node)| node.texts()).collect(),
        }
    }
}

impl Answer {
    /// Takes an answer apart.
    pub(super) fn read(reply: &Reply, resource: &str) -> Result<Self, Fault> {
        let text = reply.text()?.trim_start();
        let root = if text.starts_with('<') {
            xml::parse(text).map_err(|error| match error {
                xml::Error::OtherRoot => Fault::NotApi(format!("HTTP {}: {}", reply.status, reply.words())),
                xml::Error::Broken(why) => Fault::Garbled(reply.redact(&why)),
            })?
        } else {
            json::parse(text).map_err(|why| Fault::Garbled(reply.redact(&why)))?
        };
        let status = root.get("status");
        let messages = status
            .and_then(|status| status.get("messages"))
            .map(Node::texts)
            .unwrap_or_default();
        Ok(Self {
            code: status
                .and_then(|status| status.text("code"))
                .map(|code| code.trim().to_owned()),
            messages: messages
                .into_iter()
                .map(|raw| Message {
                    raw: raw.to_owned(),
                    shown: reply.redact(raw),
                })
                .collect(),
            list: root.take(resource),
        })
    }

    pub(super) fn is_ok(&self) -> bool {
        self.code.as_deref() == Some("ok")
    }

    pub(super) fn is_error(&self) -> bool {
        self.code.as_deref() == Some("error")
    }

    /// Whether the answer may be taken for a list: `ok`, or no known status and a list all the same.
    pub(super) fn check_list(&self) -> Result<(), Fault> {
        if self.is_error() {
            return Err(self.refusal());
        }
        if self.is_ok() || self.list.is_some() {
            Ok(())
        } else {
            Err(self.unknown_status())
        }
    }

    /// The rows that `read` understands. Rows without a key are left out; when not a single one has its key, the
    /// names of the fields are others than we think, and the list must not pass for an empty one. Of rows with the
    /// same key the last one counts.
    pub(super) fn rows<T, K: Eq + Hash>(
        &self,
        resource: &str,
        read: impl Fn(&Node) -> Option<T>,
        key: impl Fn(&T) -> K,
    ) -> Result<Vec<T>, Fault> {
        let raw = self.list.as_ref().map(Node::rows).unwrap_or_default();
        let rows: Vec<T> = raw.iter().filter_map(|row| read(row)).collect();
        let unread = raw.len() - rows.len();
        if unread > 0 && rows.is_empty() {
            return Err(Fault::Garbled(format!(
                "none of the {unread} rows of `{resource}` has its key fields"
            )));
        }
        if unread > 0 {
            tracing::warn!(
                upstream = "keaz",
                resource,
                unread,
                read = rows.len(),
                "rows without their key fields"
            );
        }
        Ok(last_of_each(rows, key))
    }

    /// The rows whatever is in them, as JSON.
    pub(super) fn values(&self) -> Vec<Value> {
        let rows = self.list.as_ref().map(Node::rows).unwrap_or_default();
        rows.into_iter().map(Node::value).collect()
    }

    /// KEAZ's own words, for people.
    pub(super) fn words(&self) -> String {
        let words: Vec<_> = self.messages.iter().map(|message| message.shown.as_str()).collect();
        match clip(&words.join("; "), 500) {
            none if none.is_empty() => "KEAZ gave no reason".into(),
            words => words,
        }
    }

    /// The whole request was refused. KEAZ has no HTTP status for a wrong key: only the words tell it from other faults.
    pub(super) fn refusal(&self) -> Fault {
        let words = self.words();
        if speaks_of_access(&words) {
            Fault::Denied { status: 200, words }
        } else {
            Fault::Refused { status: 200, words }
        }
    }

    pub(super) fn unknown_status(&self) -> Fault {
        Fault::Garbled(match &self.code {
            Some(code) => format!("an unknown status: {:.40}", clip(code, 40)),
            None => "no status".into(),
        })
    }
}

/// Whether a refusal is about the key or our rights.
fn speaks_of_access(words: &str) -> bool {
    const ACCESS: [&str; 7] = [
        "ключ",
        "hash",
        "api key",
        "api-key",
        "доступ",
        "авториз",
        "unauthorized",
    ];
    // What is not to be had («недоступен») is another matter than what is not allowed («доступ запрещён»).
    let words = words.to_lowercase().replace("недоступ", "");
    ACCESS.iter().any(|part| words.contains(part))
}

fn last_of_each<T, K: Eq + Hash>(rows: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut places = HashMap::with_capacity(rows.len());
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        let place = *places.entry(key(&row)).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(before) => *before = row,
            None => kept.push(row),
        }
    }
    kept
}

#[cfg(test)]
impl Answer {
    /// An answer of a status and messages alone.
    pub(super) fn of(code: Option<&str>, messages: &[&str]) -> Self {
        let message = |text: &&str| Message {
            raw: (*text).to_owned(),
            shown: (*text).to_owned(),
        };
        Self {
            list: None,
            code: code.map(str::to_owned),
            messages: messages.iter().map(message).collect(),
        }
    }
}
