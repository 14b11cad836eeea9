//! What may be written of a client (panel document, POST /panel/client/form and /panel/client/form/$ID).
//!
//! A post replaces the whole client: an omitted `status=on` switches it off, an omitted `is_wholesaler=on` drops the
//! company's data, an omitted `limit` may be none. So there is no partial form here. Called by `panel`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::form::Form;
use super::legal_data::{LegalData, LegalField};
use crate::config::Secret;

/// A whole client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientForm {
    /// The person's name.
    pub name: String,
    /// The e-mail address.
    #[serde(default)]
    pub email: String,
    /// The phone, which is the login too: ten digits on creation, eleven on change in the document's examples.
    pub phone: String,
    /// The address of delivery.
    #[serde(default)]
    pub address: String,
    /// The office.
    pub point_id: i64,
    /// The manager; 0 = none.
    #[serde(default)]
    pub manager_id: i64,
    /// The discount group.
    pub group_id: i64,
    /// The usual way of delivery; 0 = not chosen.
    #[serde(default)]
    pub shipping_id: i64,
    /// The credit limit, roubles.
    #[serde(default)]
    pub limit: Decimal,
    /// What managers write for managers.
    #[serde(default)]
    pub comment: String,
    /// Whether the client is active.
    #[serde(default = "active")]
    pub status: bool,
    /// The company's data; with it the client is a company (`is_wholesaler`), without it a person.
    #[serde(default)]
    pub wholesalers: Option<LegalData>,
}

fn active() -> bool {
    true
}

impl ClientForm {
    /// The fields in the order of the document's examples. Without a new password `password=` is empty, as there.
    pub(super) fn form(&self, password: Option<&Secret>) -> Form {
        let form = Form::default()
            .field("name", &self.name)
            .field("email", &self.email)
            .field("phone", &self.phone)
            .field("password", password.map(Secret::reveal).unwrap_or_default())
            .field("address", &self.address)
            .field("point_id", self.point_id)
            .field("manager_id", self.manager_id)
            .field("group_id", self.group_id)
            .field("shipping_id", self.shipping_id)
            .field("limit", self.limit)
            .field("comment", &self.comment)
            .checked("status", self.status)
            .checked("is_wholesaler", self.wholesalers.is_some());
        let Some(legal) = &self.wholesalers else {
            return form;
        };
        LegalField::ALL.into_iter().fold(form, |form, field| {
            form.field(&format!("wholesalers[{}]", field.as_str()), legal.get(field))
        })
    }

    /// The names of the fields that differ; the two ways to write one phone are no difference.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        [
            ("name", self.name == other.name),
            ("email", self.email == other.email),
            ("phone", phone_for_change(&self.phone) == phone_for_change(&other.phone)),
            ("address", self.address == other.address),
            ("point_id", self.point_id == other.point_id),
            ("manager_id", self.manager_id == other.manager_id),
            ("group_id", self.group_id == other.group_id),
            ("shipping_id", self.shipping_id == other.shipping_id),
            ("limit", self.limit == other.limit),
            ("comment", self.comment == other.comment),
            ("status", self.status == other.status),
            ("wholesalers", self.wholesalers == other.wholesalers),
        ]
        .into_iter()
        .filter_map(|(name, same)| (!same).then_some(name))
        .collect()
    }
}

/// A phone as a change wants it. The document reads `2222222222` from form/2 and changes that client with
/// `phone=72222222222`, and client 1 (`1111111111`) with `71111111111`: exactly ten digits get the 7 of the country in
/// front. Anything else is sent as it was read.
pub(super) fn phone_for_change(read: &str) -> String {
    if read.len() == 10 && read.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("7{read}")
    } else {
        read.to_owned()
    }
}

/// Whether two ways to write a phone mean the same number: the country's 7 may be there or not, and so may be
/// everything but digits.
pub fn same_phone(left: &str, right: &str) -> bool {
    let digits = |text: &str| phone_for_change(&text.chars().filter(char::is_ascii_digit).collect::<String>());
    !digits(left).is_empty() && digits(left) == digits(right)
}

/// What to change of a client; everything else stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientChange {
    /// The person's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The phone, sent as it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The address of delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point_id: Option<i64>,
    /// The manager; 0 = none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager_id: Option<i64>,
    /// The discount group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<i64>,
    /// The usual way of delivery; 0 = not chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_id: Option<i64>,
    /// The credit limit, roubles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Decimal>,
    /// What managers write for managers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether the client is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<bool>,
    /// Makes a company of a person, or a person of a company: its data is dropped then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_wholesaler: Option<bool>,
    /// Those of the company's data that change.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub wholesalers: BTreeMap<LegalField, String>,
}

impl ClientChange {
    /// The client with this change.
    ///
    /// # Errors
    /// The change contradicts itself or the client, in words.
    pub fn apply(&self, mut form: ClientForm) -> Result<ClientForm, String> {
        form.wholesalers = self.legal_data(form.wholesalers.take())?;
        set(&mut form.name, self.name.as_ref());
        set(&mut form.email, self.email.as_ref());
        set(&mut form.phone, self.phone.as_ref());
        set(&mut form.address, self.address.as_ref());
        set(&mut form.point_id, self.point_id.as_ref());
        set(&mut form.manager_id, self.manager_id.as_ref());
        set(&mut form.group_id, self.group_id.as_ref());
        set(&mut form.shipping_id, self.shipping_id.as_ref());
        set(&mut form.limit, self.limit.as_ref());
        set(&mut form.comment, self.comment.as_ref());
        set(&mut form.status, self.status.as_ref());
        Ok(form)
    }

    fn legal_data(&self, had: Option<LegalData>) -> Result<Option<LegalData>, String> {
        let given = !self.wholesalers.is_empty();
        match (self.is_wholesaler, had) {
            (Some(false), _) if given => Err("a person has no `wholesalers` data".into()),
            (Some(false), _) => Ok(None),
            (None, None) if given => Err("the client is no company: give `is_wholesaler` too".into()),
            (None, None) => Ok(None),
            (Some(true), None) => Ok(Some(self.wholesalers.clone().into())),
            (_, Some(legal)) => Ok(Some(legal.with(&self.wholesalers))),
        }
    }
}

fn set<T: Clone>(place: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        place.clone_from(value);
    }
}

#[cfg(test)]
mod tests;
