//! What a KEAZ request says, whichever of the three formats it came in: the key, the filter, the rows.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{form, json, xml};
use crate::simulate::request::Request;

/// Field names and values of one submitted row.
pub(super) type Row = Map<String, Value>;

/// Wanted values by field: a row passes when every field has one of its values.
pub(super) type Filter = BTreeMap<String, Vec<String>>;

/// A request, read.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Call {
    pub(super) hash: Option<String>,
    pub(super) filter: Filter,
    /// The list under the resource's name, in order; none when there is no such list.
    pub(super) rows: Option<Vec<Row>>,
}

impl Call {
    /// Reads the body as its Content-Type says. The reason of a refusal is for the answer's message.
    pub(super) fn read(request: &Request, resource: &str) -> Result<Self, String> {
        if request.body.starts_with(b"\xEF\xBB\xBF") {
            return Err("Не удалось разобрать запрос: byte order mark".to_owned());
        }
        let call = match request.content_type().as_str() {
            "application/json" => json::read(&request.body, resource),
            "application/xml" | "text/xml" => xml::read(&request.body, resource),
            "application/x-www-form-urlencoded" => form::read(&request.body, resource),
            other => return Err(format!("Неизвестный формат запроса `{other}`")),
        };
        call.map_err(|reason| format!("Не удалось разобрать запрос: {reason}"))
    }
}

/// Whether a stored row passes a filter. A field that the row does not have is an error of the request.
pub(super) fn passes(filter: &Filter, field: impl Fn(&str) -> Option<String>) -> Result<bool, String> {
    for (name, wanted) in filter {
        let value = field(name).ok_or_else(|| format!("Неизвестное поле фильтра `{name}`"))?;
        if !wanted.contains(&value) {
            return Ok(false);
        }
    }
    Ok(true)
}
