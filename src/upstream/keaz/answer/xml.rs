//! XML answers: a `<response>`, possibly with a stray `<p>` before its declaration, as in the KEAZ document.
//!
//! A document type is refused, and with it every entity but the standard five; attributes are not read.

use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

use super::Node;

/// No document of KEAZ is nested so deeply.
const MAX_DEPTH: usize = 12;
/// Nor has any so many names of elements.
const MAX_NAMES: usize = 32;

/// Why a text is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Error {
    /// Markup, and not a `<response>`: some web page.
    OtherRoot,
    Broken(String),
}

/// An element that is still open.
struct Open {
    name: Arc<str>,
    text: String,
    children: Vec<(Arc<str>, Node)>,
}

impl Open {
    fn close(self) -> (Arc<str>, Node) {
        let node = if self.children.is_empty() {
            Node::Text(self.text)
        } else {
            Node::Map(self.children)
        };
        (self.name, node)
    }
}

/// The names that have been seen: they repeat from row to row, and each is kept once.
#[derive(Default)]
struct Names(Vec<Arc<str>>);

impl Names {
    fn known(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.iter().find(|known| known.as_ref() == name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        if self.0.len() < MAX_NAMES {
            self.0.push(name.clone());
        }
        name
    }
}

/// Reads a whole answer; what follows the end of the root is not looked at.
pub(super) fn parse(text: &str) -> Result<Node, Error> {
    let text = answer_in(text)?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut open: Vec<Open> = Vec::new();
    let mut names = Names::default();
    loop {
        let closed = match reader.read_event().map_err(|error| Error::Broken(error.to_string()))? {
            Event::Start(tag) => {
                if open.len() >= MAX_DEPTH {
                    return Err(Error::Broken("nested too deeply".into()));
                }
                open.push(Open {
                    name: names.known(tag.name().as_ref()),
                    text: String::new(),
                    children: Vec::new(),
                });
                continue;
            }
            Event::Empty(tag) => Some((names.known(tag.name().as_ref()), Node::Text(String::new()))),
            Event::End(_) => open.pop().map(Open::close),
            Event::Text(text) => append(&mut open, &text.xml10_content()),
            Event::CData(text) => append(&mut open, &text.xml10_content()),
            Event::GeneralRef(entity) => append(&mut open, &resolve(&entity)?),
            Event::DocType(_) => return Err(Error::Broken("a document type is not accepted".into())),
            Event::Eof => return Err(Error::Broken("the document is not whole".into())),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
        };
        if let Some((name, node)) = closed {
            match open.last_mut() {
                Some(parent) => parent.children.push((name, node)),
                None if *name == *"response" => return Ok(node),
                None => return Err(Error::OtherRoot),
            }
        }
    }
}

/// The answer without what stands before it.
fn answer_in(text: &str) -> Result<&str, Error> {
    let root = text.find("<response").ok_or(Error::OtherRoot)?;
    let before = &text[..root];
    let lower = before.to_ascii_lowercase();
    if lower.contains("<html") || lower.contains("<!doctype html") {
        return Err(Error::OtherRoot);
    }
    if lower.contains("<!doctype") {
        return Err(Error::Broken("a document type is not accepted".into()));
    }
    Ok(&text[before.find("<?xml").unwrap_or(root)..])
}

fn append(open: &mut [Open], text: &str) -> Option<(Arc<str>, Node)> {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
    None
}

fn resolve(entity: &BytesRef<'_>) -> Result<String, Error> {
    match entity.resolve_char_ref() {
        Ok(Some(c)) => Ok(c.to_string()),
        Ok(None) => match resolve_predefined_entity(entity) {
            Some(text) => Ok(text.to_owned()),
            None => Err(Error::Broken("an entity that XML does not define".into())),
        },
        Err(error) => Err(Error::Broken(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(xml: &str) -> Result<Node, Error> {
        parse(&format!("<response><a>{xml}</a></response>")).map(|node| node.get("a").cloned().unwrap())
    }

    #[test]
    fn entities_character_references_and_cdata_are_text() {
        let node = text("a &lt;&amp;&gt;&quot;&apos; &#1082;&#x44; <![CDATA[<b>&amp;]]> R&D; ");
        assert!(node.is_err(), "an entity of its own");
        let node = text("a &lt;&amp;&gt;&quot;&apos; &#1082;&#x44; <![CDATA[<b>&amp;]]> A & B");
        assert_eq!(node, Ok(Node::Text("a <&>\"' кD <b>&amp; A & B".into())));
    }

    #[test]
    fn one_item_many_items_and_none_are_told_apart_by_nobody() {
        let rows = |xml| text(xml).unwrap().rows().len();
        assert_eq!(rows("<item><code>1</code></item><item><code>2</code></item>"), 2);
        assert_eq!(rows("\n  <item>\n<code>1</code></item>\n"), 1);
        assert_eq!(rows("<code>1</code><address/>"), 1);
        assert_eq!(rows(""), 0);
        assert_eq!(rows(" \n "), 0);
    }

    #[test]
    fn a_document_type_is_refused_wherever_it_stands() {
        for xml in [
            "<!DOCTYPE response [<!ENTITY a \"b\">]><response><a>&a;</a></response>",
            "<?xml version=\"1.0\"?><!doctype x><response/>",
            "<response><!DOCTYPE x></response>",
        ] {
            assert!(matches!(parse(xml), Err(Error::Broken(_))), "{xml}");
        }
    }

    #[test]
    fn a_web_page_is_no_answer() {
        for xml in [
            "<!DOCTYPE html><html><body>x</body></html>",
            "<html><response/></html>",
            "<error/>",
        ] {
            assert_eq!(parse(xml), Err(Error::OtherRoot), "{xml}");
        }
    }

    #[test]
    fn a_broken_document_is_an_error_and_no_panic() {
        for xml in [
            "<response>",
            "<response><a></response>",
            "<response",
            "<response><a></b></response>",
        ] {
            assert!(matches!(parse(xml), Err(Error::Broken(_))), "{xml}");
        }
        assert!(matches!(parse(&"<response>".repeat(100_000)), Err(Error::Broken(_))));
    }
}
