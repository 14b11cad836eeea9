//! One client as the panel's form shows it (panel document, GET /panel/client/form/$ID), and whether that is enough to
//! write it back.
//!
//! Reading is tolerant; a form to write is only made of a card on which every writable field could be read, since what
//! is left out of a form is lost. Called by `panel`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::client_form::{ClientForm, phone_for_change};
use super::legal_data::{LegalData, LegalField};
use super::listed::row;
use crate::upstream::object::Object;
use crate::value::time;

/// Texts of which an absent one must not be written as an empty one.
const TEXTS: [&str; 5] = ["name", "email", "phone", "address", "comment"];

/// One client, with all that the form shows. Texts that Saplab did not send are `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCard {
    /// The shop's id.
    pub id: i64,
    /// The phone, which is the login too.
    pub phone: String,
    /// The person's name.
    pub name: String,
    /// The address of delivery.
    pub address: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the client is active.
    pub status: Option<bool>,
    /// The discount group.
    pub group_id: Option<i64>,
    /// Its name.
    pub group: String,
    /// The group's discount, percent.
    pub discount: Option<Decimal>,
    /// The usual way of delivery; `None` when none was chosen (0 on the wire).
    pub shipping_id: Option<i64>,
    /// The manager; `None` when there is none (0 on the wire).
    pub manager_id: Option<i64>,
    /// Whether it is a company.
    pub is_wholesaler: Option<bool>,
    /// The company's name.
    pub wholesaler_info: String,
    /// The company's data; `None` when Saplab sent none.
    pub wholesaler_data: Option<LegalData>,
    /// What managers wrote for managers.
    pub comment: String,
    /// The office.
    pub point_id: Option<i64>,
    /// The balance, roubles.
    pub balance: Option<Decimal>,
    /// The debt, roubles.
    pub debt: Option<Decimal>,
    /// The debt for orders on hold, roubles.
    pub blocked_debt: Option<Decimal>,
    /// The credit limit, roubles.
    pub limit: Option<Decimal>,
    /// When the client registered.
    pub date_added: Option<DateTime<Utc>>,
    /// When it was changed.
    pub date_modified: Option<DateTime<Utc>>,
    /// Fields that were there and could not be read.
    #[serde(skip_deserializing)]
    pub unreadable: Vec<&'static str>,
    /// Fields of the form that are not known: while there is one, the client cannot be changed.
    pub missing: Vec<String>,
}

impl ClientCard {
    /// Reads the whole answer.
    ///
    /// # Errors
    /// Why it is no client.
    pub(super) fn read(raw: &RawValue) -> Result<Self, String> {
        let answer = Object::read(raw).ok_or("it is not an object")?;
        let (client, id) = row(answer.raw("client").ok_or("there is no client")?, &["id"])?;
        let text = |key| client.text(key).unwrap_or_default();
        let legal = client.object("wholesaler_data");
        let mut card = Self {
            id,
            phone: text("phone"),
            name: text("name"),
            address: text("address"),
            email: text("email"),
            status: client.flag("status"),
            group_id: client.integer("group_id"),
            group: text("group"),
            discount: client.decimal("discount"),
            shipping_id: client.integer("shipping_id").filter(|id| *id != 0),
            manager_id: client.integer("manager_id").filter(|id| *id != 0),
            is_wholesaler: client.flag("is_wholesaler"),
            wholesaler_info: text("wholesaler_info"),
            wholesaler_data: legal_data(&legal),
            comment: text("comment"),
            point_id: client.integer("point_id"),
            balance: client.decimal("balance"),
            debt: client.decimal("debt"),
            blocked_debt: client.decimal("blocked_debt"),
            limit: client.decimal("limit"),
            date_added: client.parsed("date_added", time::moscow),
            date_modified: client.parsed("date_modified", time::moscow),
            ..Self::default()
        };
        card.unreadable = client.unreadable();
        card.missing = card.missing(&client, &legal);
        Ok(card)
    }

    /// What may be written of this client, to be sent as a change.
    ///
    /// # Errors
    /// The names of the fields that are not known.
    pub fn form(&self) -> Result<ClientForm, Vec<String>> {
        let (Some(point_id), Some(group_id), Some(limit), Some(status), true) = (
            self.point_id,
            self.group_id,
            self.limit,
            self.status,
            self.missing.is_empty(),
        ) else {
            return Err(self.missing.clone());
        };
        Ok(ClientForm {
            name: self.name.clone(),
            email: self.email.clone(),
            phone: phone_for_change(&self.phone),
            address: self.address.clone(),
            point_id,
            manager_id: self.manager_id.unwrap_or_default(),
            group_id,
            shipping_id: self.shipping_id.unwrap_or_default(),
            limit,
            comment: self.comment.clone(),
            status,
            wholesalers: self
                .wholesaler_data
                .clone()
                .filter(|_| self.is_wholesaler == Some(true)),
        })
    }

    fn missing(&self, client: &Object<'_>, legal: &Object<'_>) -> Vec<String> {
        let mut missing: Vec<&str> = TEXTS
            .into_iter()
            // Nobody, and no way of delivery, may be written as null: but an absent field says nothing.
            .chain(["manager_id", "shipping_id"])
            .filter(|key| !client.has(key) || self.unreadable.contains(key))
            .collect();
        missing.extend(self.point_id.is_none().then_some("point_id"));
        missing.extend(self.group_id.is_none().then_some("group_id"));
        missing.extend(self.limit.is_none().then_some("limit"));
        missing.extend(self.status.is_none().then_some("status"));
        missing.extend(self.is_wholesaler.is_none().then_some("is_wholesaler"));
        let unreadable = legal.unreadable();
        let lost = |key: &str| !legal.has(key) || unreadable.contains(&key);
        let lost = LegalField::ALL
            .map(LegalField::as_str)
            .into_iter()
            .filter(|key| lost(key));
        let lost = lost.filter(|_| self.is_wholesaler == Some(true));
        let missing = missing.into_iter().map(str::to_owned);
        missing
            .chain(lost.map(|key| format!("wholesaler_data.{key}")))
            .collect()
    }
}

fn legal_data(legal: &Object<'_>) -> Option<LegalData> {
    legal.keys().next()?;
    let texts = LegalField::ALL.map(|field| (field, legal.text(field.as_str()).unwrap_or_default()));
    Some(BTreeMap::from(texts).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTED: &str = include_str!("../../../tests/fixtures/saplab/client_form.json");

    fn read(text: &str) -> Result<ClientCard, String> {
        ClientCard::read(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    /// The documented client without this field, or with something else in it.
    fn with(field: &str, value: Option<serde_json::Value>) -> ClientCard {
        let mut answer: serde_json::Value = serde_json::from_str(DOCUMENTED).unwrap();
        let place = match field.split_once('.') {
            Some((outer, inner)) => (&mut answer["client"][outer], inner),
            None => (&mut answer["client"], field),
        };
        let fields = place.0.as_object_mut().unwrap();
        match value {
            Some(value) => fields.insert(place.1.to_owned(), value),
            None => fields.remove(place.1),
        };
        read(&answer.to_string()).unwrap()
    }

    #[test]
    fn the_documents_client_is_read_whole() {
        let card = read(DOCUMENTED).unwrap();
        assert_eq!(
            (card.id, card.phone.as_str(), card.discount),
            (2, "2222222222", Some(Decimal::from(5)))
        );
        assert_eq!(
            (card.manager_id, card.shipping_id, card.limit),
            (None, None, Some(Decimal::from(10_000)))
        );
        let legal = card.wholesaler_data.as_ref().unwrap();
        assert_eq!(legal.get(LegalField::Bik), "00000000000");
        assert_eq!(legal.get(LegalField::OrgName), "Рога и Копыта");
        assert!(card.unreadable.is_empty() && card.missing.is_empty());
        let form = card.form().unwrap();
        assert_eq!((form.manager_id, form.shipping_id, form.status), (0, 0, true));
        // Read with ten digits, written with eleven, as the document's examples do.
        assert_eq!(form.phone, "72222222222");
        assert_eq!(form.wholesalers, card.wholesaler_data);
    }

    #[test]
    fn a_client_with_a_field_that_is_not_known_is_shown_but_cannot_be_written() {
        for field in [
            "name",
            "email",
            "phone",
            "address",
            "comment",
            "manager_id",
            "shipping_id",
            "point_id",
            "group_id",
            "limit",
            "status",
            "is_wholesaler",
            "wholesaler_data.inn",
            "wholesaler_data.bank_account",
        ] {
            let without = with(field, None);
            assert_eq!(without.form(), Err(vec![field.to_owned()]), "{field}");
            let odd = with(field, Some(serde_json::json!({"a": 1})));
            assert_eq!(odd.form(), Err(vec![field.to_owned()]), "{field}");
        }
        assert_eq!(
            with("limit", Some(serde_json::Value::Null)).form(),
            Err(vec!["limit".to_owned()])
        );
        assert_eq!(with("wholesaler_data", None).form().unwrap_err().len(), 10);
    }

    #[test]
    fn null_is_an_empty_text_and_nobody() {
        for field in ["comment", "manager_id", "shipping_id", "wholesaler_data.kpp"] {
            let card = with(field, Some(serde_json::Value::Null));
            assert!(card.form().is_ok(), "{field}");
        }
    }

    #[test]
    fn a_person_has_no_legal_data() {
        let person = with("is_wholesaler", Some("0".into()));
        assert_eq!(person.form().unwrap().wholesalers, None);
        let mut answer: serde_json::Value = serde_json::from_str(DOCUMENTED).unwrap();
        answer["client"]["is_wholesaler"] = 0.into();
        answer["client"]["wholesaler_data"] = serde_json::json!([]);
        assert!(read(&answer.to_string()).unwrap().form().is_ok());
    }

    #[test]
    fn an_answer_without_a_client_is_none() {
        for text in [
            "{}",
            "[]",
            r#"{"client":null}"#,
            r#"{"client":[]}"#,
            r#"{"client":{"name":"x"}}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
