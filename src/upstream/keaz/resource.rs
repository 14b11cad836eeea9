//! Any resource with any of the five actions (KEAZ document, «Общий вид запросов»): "the set of actions differs by
//! resource", and which resources there are the document does not say.
//!
//! The answer is handed on as it is; which rows it refuses is for the reader of its messages to see.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::field::{self, Field, Filter};
use super::request::{self, Content, Row};
use super::{Action, Keaz, MAX_FORM_VARIABLES, RESERVED, answer, verdict};
use crate::config::KeazFormat;
use crate::upstream::Fault;

/// What KEAZ answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeazAnswer {
    /// What stood under the name of the resource, as JSON; numbers are texts, as they were written.
    pub rows: Vec<Value>,
    /// `None` for a list that came without a status.
    pub status: Option<KeazStatus>,
    /// KEAZ's own words, without secrets, clipped.
    pub messages: Vec<String>,
}

/// `status.code` of the answer. Neither word speaks for every row: an `error` may come with rows that are done, an
/// `ok` with rows that were there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeazStatus {
    /// `ok`
    Ok,
    /// `error`
    Error,
}

impl KeazAnswer {
    /// Whether it is an error and nothing else: no rows came beside it, and no message is about one row.
    pub fn is_refusal(&self) -> bool {
        self.status == Some(KeazStatus::Error) && self.rows.is_empty() && self.refused_rows() == 0
    }

    /// How many rows the messages are about, as far as they say so.
    pub fn refused_rows(&self) -> usize {
        let rows: HashSet<usize> = self
            .messages
            .iter()
            .filter_map(|message| verdict::row_index(message))
            .collect();
        rows.len()
    }
}

impl Keaz {
    /// One request, whatever the resource. An error of KEAZ's own comes back as an answer, with the rows that came
    /// beside it; an error about our key or rights is a fault.
    ///
    /// # Errors
    /// [`Fault::Refused`] (status 0: nothing was sent) for a name or value that cannot be sent, for more than a form
    /// can carry, and for a write that says of no row what it is about; [`Fault::Denied`] for an error about our key;
    /// [`Fault::Garbled`] for an answer without a known status; else as the transport.
    pub async fn resource(
        &self,
        resource: &str,
        action: Action,
        filter: &Filter,
        rows: &[Map<String, Value>],
    ) -> Result<KeazAnswer, Fault> {
        let rows = self
            .sendable(resource, action, filter, rows)
            .map_err(|words| Fault::Refused { status: 0, words })?;
        let rows: Vec<&Row> = rows.iter().collect();
        let content = Content {
            resource,
            filter,
            rows: &rows,
        };
        if self.format == KeazFormat::Form && request::form_variables(content) > MAX_FORM_VARIABLES {
            let words = format!("a form carries at most {MAX_FORM_VARIABLES} values");
            return Err(Fault::Refused { status: 0, words });
        }
        let answer = self.call(action, content).await?;
        let status = match (answer.is_ok(), answer.is_error()) {
            (true, _) => Some(KeazStatus::Ok),
            (_, true) => Some(KeazStatus::Error),
            _ if action.reads() => {
                answer.check_list()?;
                None
            }
            _ => return Err(answer.unknown_status()),
        };
        let of_a_row = |message: &answer::Message| verdict::row_index(&message.raw).is_some();
        if status == Some(KeazStatus::Error)
            && !answer.messages.iter().any(of_a_row)
            && let denied @ Fault::Denied { .. } = answer.refusal()
        {
            return Err(denied);
        }
        Ok(KeazAnswer {
            rows: answer.values(),
            status,
            messages: answer.messages.into_iter().map(|message| message.shown).collect(),
        })
    }

    fn sendable(
        &self,
        resource: &str,
        action: Action,
        filter: &Filter,
        rows: &[Map<String, Value>],
    ) -> Result<Vec<Row>, String> {
        if !field::is_name(resource) || RESERVED.contains(&resource) {
            return Err(format!("{resource:?} cannot be the name of a resource"));
        }
        if !action.reads() && filter.is_empty() && rows.iter().all(Map::is_empty) {
            return Err(format!("nothing to {} is given", action.as_str()));
        }
        let rows = rows.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        let fields = rows.iter().flatten().map(|(name, field)| (name, field));
        let names = filter.lists().map(|(name, _)| name);
        for name in fields.clone().map(|(name, _)| name).chain(names) {
            if !field::is_name(name) {
                return Err(format!("{name:?} cannot be the name of a field"));
            }
        }
        request::check(self.format, fields.chain(filter.pairs()))?;
        Ok(rows)
    }
}

fn row(fields: &Map<String, Value>) -> Result<Row, String> {
    if fields.is_empty() {
        return Err("a row without fields cannot be sent".into());
    }
    fields
        .iter()
        .map(|(name, value)| match Field::of(value.clone()) {
            Some(field) => Ok((name.clone(), field)),
            None => Err(format!("`{name}` is neither a text nor a number")),
        })
        .collect()
}

#[cfg(test)]
mod tests;
