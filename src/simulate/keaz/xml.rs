//! A KEAZ request in XML: `<request><hash>..</hash><filter><id>1</id></filter><warehouses><item>..</item></warehouses></request>`.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};
use serde_json::Value;

use super::call::{Call, Row};

/// Deeper documents are refused.
const MAX_DEPTH: usize = 8;

/// An element, its text exactly as written, and its children.
#[derive(Debug, Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

pub(super) fn read(body: &[u8], resource: &str) -> Result<Call, String> {
    let text = std::str::from_utf8(body).map_err(|_| "not UTF-8".to_owned())?;
    let root = parse(text)?;
    if root.name != "request" {
        return Err("element request expected".to_owned());
    }
    let mut call = Call::default();
    for child in root.children {
        match child.name.as_str() {
            "hash" => call.hash = Some(child.text),
            "filter" => {
                for field in child.children {
                    call.filter.entry(field.name).or_default().push(field.text);
                }
            }
            name if name == resource => {
                call.rows = Some(child.children.into_iter().map(row).collect::<Result<_, _>>()?)
            }
            name => return Err(format!("unknown element {name}")),
        }
    }
    Ok(call)
}

fn row(item: Element) -> Result<Row, String> {
    if item.name != "item" {
        return Err(format!("element item expected, not {}", item.name));
    }
    Ok(item
        .children
        .into_iter()
        .map(|field| (field.name, Value::String(field.text)))
        .collect())
}

/// The root element. No document type: entities beyond the predefined five are not KEAZ's business.
fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    // The bottom of the stack is the document itself.
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) => open.push(Element {
                name: tag.name().as_ref().to_string(),
                ..Element::default()
            }),
            Event::Empty(tag) => {
                let element = Element {
                    name: tag.name().as_ref().to_string(),
                    ..Element::default()
                };
                close(&mut open, element)?;
            }
            Event::End(_) => {
                let element = open.pop().ok_or("unbalanced")?;
                close(&mut open, element)?;
            }
            Event::Text(text) => append(&mut open, &text),
            Event::CData(text) => append(&mut open, &text),
            Event::GeneralRef(entity) => append(&mut open, &resolve(&entity)?),
            Event::DocType(_) => return Err("document type not allowed".to_owned()),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
        if open.len() > MAX_DEPTH {
            return Err("nested too deep".to_owned());
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(mut document), true) if document.children.len() == 1 && document.text.trim().is_empty() => {
            Ok(document.children.remove(0))
        }
        _ => Err("one whole element expected".to_owned()),
    }
}

fn close(open: &mut [Element], element: Element) -> Result<(), String> {
    open.last_mut().ok_or("unbalanced")?.children.push(element);
    Ok(())
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn resolve(entity: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = entity.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.to_string());
    }
    let predefined = quick_xml::escape::resolve_predefined_entity(entity);
    predefined.map(str::to_owned).ok_or_else(|| "unknown entity".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_text_with_entities_and_spaces() {
        let body = "<?xml version=\"1.0\"?>\n<request>\n <hash>k</hash>\n <remains><item><article> A&amp;B &#39;1 </article>\
                    <quantity/></item></remains></request>";
        let call = read(body.as_bytes(), "remains").unwrap();
        let rows = call.rows.unwrap();
        assert_eq!(rows[0]["article"], " A&B '1 ");
        assert_eq!(rows[0]["quantity"], "");
    }

    #[test]
    fn what_is_not_one_request_element_is_refused() {
        for body in [
            "",
            "{}",
            "<a/>",
            "<request>",
            "<request/><request/>",
            "<!DOCTYPE r [<!ENTITY x 'y'>]><request/>",
        ] {
            assert!(read(body.as_bytes(), "remains").is_err(), "{body}");
        }
    }
}
