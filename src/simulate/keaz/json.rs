//! A KEAZ request in JSON: `{"hash": "...", "filter": [{"id": 1}], "warehouses": [{...}]}`.

use serde_json::{Map, Value};

use super::call::{Call, Filter};

pub(super) fn read(body: &[u8], resource: &str) -> Result<Call, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let Value::Object(mut fields) = value else {
        return Err("JSON object expected".to_owned());
    };
    let hash = fields.remove("hash").and_then(|hash| hash.as_str().map(str::to_owned));
    let filter = fields.remove("filter").map(filter).transpose()?.unwrap_or_default();
    let rows = fields.remove(resource).map(rows).transpose()?;
    match fields.keys().next() {
        Some(unknown) => Err(format!("unknown parameter {unknown}")),
        None => Ok(Call { hash, filter, rows }),
    }
}

/// A list of maps, as in the document's example.
fn filter(value: Value) -> Result<Filter, String> {
    let mut filter = Filter::new();
    for (field, value) in rows(value)?.into_iter().flatten() {
        let value = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => return Err(format!("filter {field}: text or number expected")),
        };
        filter.entry(field).or_default().push(value);
    }
    Ok(filter)
}

fn rows(value: Value) -> Result<Vec<Map<String, Value>>, String> {
    let Value::Array(items) = value else {
        return Err("list expected".to_owned());
    };
    let object = |item| match item {
        Value::Object(row) => Ok(row),
        _ => Err("object expected".to_owned()),
    };
    items.into_iter().map(object).collect()
}
