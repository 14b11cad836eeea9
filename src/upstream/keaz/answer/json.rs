//! JSON answers, and those that the KEAZ document shows and that are none: its error message holds the row as bare
//! JSON inside the text, quotes and all.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Node;

/// No document of KEAZ is nested so deeply.
const MAX_DEPTH: usize = 12;
/// PHP may write a list as an object with numbers for keys; no list of KEAZ has more rows.
const MAX_PAIRS: usize = 150_000;

/// Reads an answer; one that is no JSON is mended once, as far as the document's own example needs it.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    let read = |text: &str| {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| error.to_string())?;
        node(raw, MAX_DEPTH)
    };
    read(text).or_else(|why| mend(text).and_then(|mended| read(&mended).ok()).ok_or(why))
}

/// Numbers are taken from their text: 10.50 stays 10.50.
fn node(raw: &RawValue, depth: usize) -> Result<Node, String> {
    let text = raw.get();
    let failed = |error: serde_json::Error| error.to_string();
    if depth == 0 {
        return Err("nested too deeply".into());
    }
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let Pairs(pairs) = serde_json::from_str(text).map_err(failed)?;
            Node::Map(
                pairs
                    .into_iter()
                    .map(|(name, raw)| Ok((name.into(), node(raw, depth - 1)?)))
                    .collect::<Result<_, String>>()?,
            )
        }
        Some(b'[') => {
            let raws: Vec<&RawValue> = serde_json::from_str(text).map_err(failed)?;
            Node::List(
                raws.into_iter()
                    .map(|raw| node(raw, depth - 1))
                    .collect::<Result<_, _>>()?,
            )
        }
        Some(b'"') => Node::Text(serde_json::from_str(text).map_err(failed)?),
        Some(b'n') | None => Node::Empty,
        Some(_) => Node::Text(text.to_owned()),
    })
}

/// An object with all its keys, doubles included.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    if pairs.len() >= MAX_PAIRS {
                        return Err(serde::de::Error::custom("an object of too many fields"));
                    }
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// Escapes the bare quotes inside the `` `...` `` spans of the messages; a span that opens with a brace closes only
/// after one. `None` when there are no messages.
fn mend(text: &str) -> Option<String> {
    let (head, messages) = text.split_at(text.rfind("\"messages\"")?);
    let mut out = String::with_capacity(text.len() + 64);
    out.push_str(head);
    let mut span: Option<char> = None;
    let mut before = ' ';
    let mut escaped = false;
    for c in messages.chars() {
        match (c, span) {
            ('`', None) => span = Some(' '),
            ('`', Some('{')) if before != '}' => {}
            ('`', Some(_)) => span = None,
            ('{', Some(' ')) if before == '`' => span = Some('{'),
            ('"', Some(_)) if !escaped => out.push('\\'),
            _ => {}
        }
        out.push(c);
        escaped = c == '\\' && !escaped;
        before = c;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        let root = parse(&format!(r#"{{"status":{{"code":"error","messages":["{text}"]}}}}"#)).unwrap();
        root.get("status").unwrap().get("messages").unwrap().texts()[0].to_owned()
    }

    #[test]
    fn the_bare_quotes_of_the_documents_error_example_are_understood() {
        let bare = r#"Строка `0`: `{"contacts":"test","address":"\u041a\u0443"}`"#;
        assert_eq!(message(bare), r#"Строка `0`: `{"contacts":"test","address":"Ку"}`"#);
        let escaped = r#"Строка `0`: `{\"contacts\":\"test\"}`"#;
        assert_eq!(message(escaped), r#"Строка `0`: `{"contacts":"test"}`"#);
    }

    #[test]
    fn backticks_and_escaped_quotes_inside_the_echoed_row_do_not_end_it() {
        let bare = r#"`1`: `{"address":"дом `5`","name":"ООО \"Мир\"","path":"C:\\"}`"#;
        assert_eq!(
            message(bare),
            r#"`1`: `{"address":"дом `5`","name":"ООО "Мир"","path":"C:\"}`"#
        );
    }

    #[test]
    fn what_cannot_be_mended_is_an_error_and_no_panic() {
        for text in [
            "",
            "{",
            "nonsense",
            r#"{"messages":["`{"a"]}"#,
            r#"{"status":{"messages":["a"b"]}}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))).is_err());
    }
}
