//! What KEAZ answers, in JSON or XML: the rows under the resource's name, then `status` with `code` and `messages`.
//!
//! The faults of the document's own examples (unescaped quotes, a `<p>` before the declaration) are options.

use serde_json::Value;

use super::call::Row;
use crate::simulate::answer::{Answer, ascii};
use crate::simulate::options::Options;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
}

/// An answer in the making.
#[derive(Default)]
pub(super) struct Reply {
    /// The resource's name and its rows; none when the request was refused as a whole.
    rows: Option<(String, Vec<Row>)>,
    failed: bool,
    messages: Vec<Message>,
}

enum Message {
    Plain(String),
    /// Which row was bad: what is bad of it (in the genitive), its number, and the row as JSON.
    BadRow(&'static str, usize, String),
}

impl Reply {
    /// The whole request failed.
    pub(super) fn refusal(reason: &str) -> Self {
        Self {
            failed: true,
            messages: vec![Message::Plain(reason.to_owned())],
            ..Self::default()
        }
    }

    /// Puts the rows under the resource's name.
    pub(super) fn showing(self, name: &str, rows: Vec<Row>) -> Self {
        Self {
            rows: Some((name.to_owned(), rows)),
            ..self
        }
    }

    /// A message that does not make the request fail.
    pub(super) fn warn(&mut self, text: String) {
        self.messages.push(Message::Plain(text));
    }

    /// Row `index` was refused: `Не корректные данные склада в строке ...`.
    pub(super) fn bad_row(&mut self, what: &'static str, index: usize, row: Row) {
        self.failed = true;
        self.messages
            .push(Message::BadRow(what, index, ascii(&Value::Object(row).to_string())));
    }

    pub(super) fn answer(&self, status: u16, format: Format, options: &Options) -> Answer {
        match format {
            Format::Json => Answer::new(
                status,
                "application/json; charset=utf-8",
                self.json(options.keaz_broken_json),
            ),
            Format::Xml => Answer::new(status, "text/xml; charset=utf-8", self.xml(options.keaz_xml_p)),
        }
    }

    fn code(&self) -> &'static str {
        if self.failed { "error" } else { "ok" }
    }

    fn json(&self, broken: bool) -> String {
        let messages: Vec<String> = self.messages.iter().map(|message| message.json(broken)).collect();
        let status = format!(
            r#""status":{{"code":"{}","messages":[{}]}}"#,
            self.code(),
            messages.join(",")
        );
        match &self.rows {
            None => format!("{{{status}}}"),
            Some((name, rows)) => {
                let rows: Vec<String> = rows
                    .iter()
                    .map(|row| ascii(&Value::Object(row.clone()).to_string()))
                    .collect();
                format!("{{{}:[{}],{status}}}", Value::from(name.as_str()), rows.join(","))
            }
        }
    }

    fn xml(&self, with_p: bool) -> String {
        let mut text = String::from(if with_p { "<p>" } else { "" });
        text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<response>");
        if let Some((name, rows)) = &self.rows {
            let items: String = rows.iter().map(|row| format!("<item>{}</item>", fields(row))).collect();
            text.push_str(&format!("<{name}>{items}</{name}>"));
        }
        let messages: String = self
            .messages
            .iter()
            .map(|message| leaf("item", &message.text()))
            .collect();
        text.push_str(&format!(
            "<status>{}<messages>{messages}</messages></status></response>",
            leaf("code", self.code())
        ));
        text
    }
}

impl Message {
    fn text(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::BadRow(what, index, row) => format!("Не корректные данные {what} в строке `{index}`: `{row}`"),
        }
    }

    fn json(&self, broken: bool) -> String {
        match self {
            // Exactly what concatenating strings gives: the row's quotes and escapes as they are.
            Self::BadRow(what, index, row) if broken => {
                let before = ascii(&format!("Не корректные данные {what} в строке `{index}`: "));
                format!("\"{before}`{row}`\"")
            }
            _ => ascii(&Value::from(self.text()).to_string()),
        }
    }
}

fn fields(row: &Row) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    row.iter().map(|(name, value)| leaf(name, &text(value))).collect()
}

fn leaf(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", quick_xml::escape::escape(text))
}
