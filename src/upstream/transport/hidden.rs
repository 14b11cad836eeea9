//! Fields of JSON whose values are somebody's secrets, whoever sent them: found in any text, whole JSON or not.
//!
//! An offer's signature comes with the answer, so no request can name it beforehand. Called by `journal` alone.

/// No name of such a field is written longer than this, escapes included.
const MAX_NAME: usize = 64;

/// The text with the value of every such field, where it is a text or a number, replaced by what stands beside its name.
pub(super) fn hide(text: &str, fields: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(quote) = rest.find('"') {
        let (before, at) = rest.split_at(quote);
        out.push_str(before);
        match field(at, fields) {
            Some((value_at, value_end, instead)) => {
                out.push_str(&at[..value_at]);
                out.push_str(&format!("\"{instead}\""));
                rest = &at[value_end..];
            }
            // Every quotation mark may begin a name: in a text that is not JSON nobody knows which one does.
            None => {
                out.push('"');
                rest = &at[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Where the value of the field that begins here stands, and what to put in its place.
fn field<'a>(text: &str, fields: &[(&str, &'a str)]) -> Option<(usize, usize, &'a str)> {
    let name_end = closed(text).filter(|end| *end <= MAX_NAME)?;
    let name: String = serde_json::from_str(&text[..name_end]).ok()?;
    let (_, instead) = fields.iter().find(|(field, _)| *field == name)?;
    let after = text[name_end..].trim_start().strip_prefix(':')?.trim_start();
    let value_at = text.len() - after.len();
    let length = match after.chars().next()? {
        '{' | '[' => return None,
        '"' => closed(after).unwrap_or(after.len()),
        _ => after
            .find(|c: char| c.is_whitespace() || ",}]".contains(c))
            .unwrap_or(after.len()),
    };
    Some((value_at, value_at + length, instead))
}

/// Behind the mark that closes the string which begins here; `None`: it is not closed.
fn closed(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::hide;

    #[test]
    fn the_value_of_a_hidden_field_is_replaced_however_it_is_written() {
        let hidden = |text: &str| hide(text, &[("_", "***"), ("to_cart", "${OFFER}")]);
        for (text, expected) in [
            (r#"{"_":"a\"b","x":1}"#, r#"{"_":"***","x":1}"#),
            (
                r#"{ "_" : "ы", "to_cart":77}"#,
                r#"{ "_" : "***", "to_cart":"${OFFER}"}"#,
            ),
            (
                r#"[{"\u005f": "a"}, {"_":null}]"#,
                r#"[{"\u005f": "***"}, {"_":"***"}]"#,
            ),
            (r#"{"_":"cut of"#, r#"{"_":"***""#),
            (
                r#"{"m":"a "broken" text","_":"a"}"#,
                r#"{"m":"a "broken" text","_":"***"}"#,
            ),
            (r#"{"_":{"_":"a"}}"#, r#"{"_":{"_":"***"}}"#),
            (r#"{"a_":"b","c":"_"}"#, r#"{"a_":"b","c":"_"}"#),
            ("\"", "\""),
            (r#""_"#, r#""_"#),
            (r#""_":"#, r#""_":"#),
        ] {
            assert_eq!(hidden(text), expected, "{text}");
        }
    }
}
