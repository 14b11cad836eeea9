//! What an order consists of (Carreta document, Создание заказа): the fields of the offer exactly as the search wrote
//! them, since the signature binds them, and the quantity.
//!
//! The fields are kept as JSON texts: `152.10` stays `152.10`, a text stays a text. Neither `Debug` nor JSON shows
//! them. Made by `part`, sent by `client`.

use std::fmt;

use serde_json::value::RawValue;
use serde_json::{Deserializer, Value};

use crate::config::Secret;
use crate::upstream::json;
use crate::upstream::object::Object;

/// The fields of the minimal order, in the document's order; the first is the signature.
const FIELDS: [&str; 9] = [
    "_",
    "code",
    "maker",
    "name",
    "price",
    "period_min",
    "period_max",
    "min_qty",
    "qty",
];

/// An offer as it must be ordered.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderBody {
    signature: Secret,
    /// Names and JSON texts.
    fields: Vec<(&'static str, String)>,
}

impl OrderBody {
    /// Takes the fields out of a row of the search; one that Carreta did not send is not sent back.
    pub(super) fn read(row: &Object<'_>) -> Self {
        let field = |name: &'static str| Some((name, row.written(name)?.get().to_owned()));
        Self {
            signature: Secret::new(row.text(FIELDS[0]).unwrap_or_default()),
            fields: FIELDS.into_iter().filter_map(field).collect(),
        }
    }

    /// The offer's signature; empty when Carreta gave none, and then it cannot be ordered.
    pub fn signature(&self) -> &Secret {
        &self.signature
    }

    /// How it is kept until it is ordered: each field's JSON as a text, so that no database changes a digit. Holds the
    /// signature: never shown.
    pub fn ticket(&self) -> Value {
        let fields = self.fields.iter();
        fields
            .map(|(name, json)| ((*name).to_owned(), Value::from(json.as_str())))
            .collect()
    }

    /// What was kept. `None` when it is no ticket.
    pub fn from_ticket(ticket: &Value) -> Option<Self> {
        let kept = ticket.as_object()?;
        let mut fields = Vec::with_capacity(FIELDS.len());
        for name in FIELDS {
            if let Some(json) = kept.get(name) {
                let raw: &RawValue = serde_json::from_str(json.as_str()?).ok()?;
                fields.push((name, raw.get().to_owned()));
            }
        }
        let signature = kept.get(FIELDS[0])?.as_str()?;
        Some(Self {
            signature: Secret::new(json::opt_text(&mut Deserializer::from_str(signature)).ok()??),
            fields,
        })
    }

    /// The body of the order.
    pub(super) fn json(&self, order_qty: i64, client_comment: Option<&str>) -> String {
        let offer = self.fields.iter().map(|(name, json)| format!("\"{name}\":{json}"));
        let ours = [
            Some(format!("\"order_qty\":{order_qty}")),
            client_comment.map(|comment| format!("\"client_comment\":{}", serde_json::Value::from(comment))),
        ];
        let all: Vec<String> = offer.chain(ours.into_iter().flatten()).collect();
        format!("{{{}}}", all.join(","))
    }
}

impl fmt::Debug for OrderBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrderBody(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(row: &str) -> OrderBody {
        let raw: Box<RawValue> = serde_json::from_str(row).unwrap();
        OrderBody::read(&Object::read(&raw).unwrap())
    }

    #[test]
    fn the_fields_go_back_exactly_as_they_came() {
        let row = r#"{"_": "a/+\/=", "code": "OC47", "source": "57", "name": "\u0424 \"x\"", "price": 152.10,
            "maker": "KNECHT/MAHLE", "min_qty": 1, "period_max": null, "qty": "<10", "desc": "", "stat": 97}"#;
        assert_eq!(
            body(row).json(3, None),
            r#"{"_":"a/+\/=","code":"OC47","maker":"KNECHT/MAHLE","name":"\u0424 \"x\"","price":152.10,"period_max":null,"min_qty":1,"qty":"<10","order_qty":3}"#
        );
        assert_eq!(body(row).signature().reveal(), "a/+/=");
    }

    #[test]
    fn a_kept_ticket_is_ordered_exactly_as_the_offer_would_have_been() {
        let body = body(r#"{"_":"a\/\u0041=","price":152.10,"name":"\u0424\u0000","qty":"<10","period_min":null}"#);
        let kept: Value = serde_json::from_str(&body.ticket().to_string()).unwrap();
        assert_eq!(OrderBody::from_ticket(&kept), Some(body));
        for nothing in [
            r#"{}"#,
            "null",
            r#"{"_":1}"#,
            r#"{"_":"\"s\"","qty":"<10"}"#,
            r#"{"_":"null"}"#,
        ] {
            let kept: Value = serde_json::from_str(nothing).unwrap();
            assert_eq!(OrderBody::from_ticket(&kept), None, "{nothing}");
        }
    }

    #[test]
    fn the_comment_is_escaped() {
        assert_eq!(
            body(r#"{"_":"s"}"#).json(1, Some("a\"б\n")),
            r#"{"_":"s","order_qty":1,"client_comment":"a\"б\n"}"#
        );
    }

    #[test]
    fn an_order_without_a_signature_is_seen_to_have_none() {
        assert!(body(r#"{"code":"A"}"#).signature().is_empty());
        assert!(body(r#"{"_":null}"#).signature().is_empty());
        assert_eq!(format!("{:?}", body(r#"{"_":"s"}"#)), "OrderBody(***)");
    }
}
