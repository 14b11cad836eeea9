//! A KEAZ request as a form: `hash=..&filter[id][0]=1&warehouses[0][code]=..`, percent-encoded as the document demands.

use std::collections::BTreeMap;

use serde_json::Value;

use super::call::{Call, Row};

pub(super) fn read(body: &[u8], resource: &str) -> Result<Call, String> {
    if let Some(raw) = body.iter().find(|byte| !is_encoded(**byte)) {
        return Err(format!("byte 0x{raw:02x} is not url-encoded"));
    }
    let mut call = Call::default();
    let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
    for (key, value) in url::form_urlencoded::parse(body) {
        let path = path(&key).ok_or_else(|| format!("bad parameter name {key}"))?;
        match path.as_slice() {
            ["hash"] => call.hash = Some(value.into_owned()),
            ["filter", field, index] if index.parse::<usize>().is_ok() => {
                call.filter
                    .entry((*field).to_owned())
                    .or_default()
                    .push(value.into_owned());
            }
            [name, index, field] if *name == resource => {
                let index = index.parse().map_err(|_| format!("row number expected in {key}"))?;
                rows.entry(index)
                    .or_default()
                    .insert((*field).to_owned(), Value::String(value.into_owned()));
            }
            _ => return Err(format!("unknown parameter {key}")),
        }
    }
    // PHP keeps the numbers of the rows; a client that leaves gaps would be told numbers it does not expect.
    if rows.keys().copied().ne(0..rows.len()) {
        return Err("row numbers do not run from 0".to_owned());
    }
    call.rows = (!rows.is_empty()).then(|| rows.into_values().collect());
    Ok(call)
}

/// What `urlencode` leaves, and what joins the pairs.
fn is_encoded(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~*+%&=".contains(&byte)
}

/// `a[b][c]` as `["a", "b", "c"]`.
fn path(key: &str) -> Option<Vec<&str>> {
    let Some((name, rest)) = key.split_once('[') else {
        return Some(vec![key]);
    };
    let mut path = vec![name];
    path.extend(rest.strip_suffix(']')?.split("]["));
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_filters_are_read_from_encoded_names() {
        let call = read(
            b"hash=k&filter%5Bid%5D%5B0%5D=7&remains%5B0%5D%5Barticle%5D=A%26B+1",
            "remains",
        )
        .unwrap();
        assert_eq!(call.hash.as_deref(), Some("k"));
        assert_eq!(call.filter["id"], ["7"]);
        assert_eq!(call.rows.unwrap()[0]["article"], "A&B 1");
    }

    #[test]
    fn unencoded_brackets_are_refused() {
        assert!(read(b"hash=k&filter[id][0]=7", "remains").is_err());
    }
}
