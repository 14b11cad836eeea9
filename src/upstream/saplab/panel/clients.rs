//! Creating and changing clients: always with the whole form.

use serde_json::value::RawValue;

use super::Panel;
use crate::config::Secret;
use crate::upstream::object::Object;
use crate::upstream::saplab::answer::{self, Success};
use crate::upstream::saplab::client_form::ClientForm;
use crate::upstream::transport::Reply;
use crate::upstream::{Fault, json};

/// The fields that a refusal may speak of; `status` is the panel's verdict everywhere, and not one of them.
const FIELDS: [&str; 13] = [
    "name",
    "email",
    "phone",
    "password",
    "address",
    "point_id",
    "manager_id",
    "group_id",
    "shipping_id",
    "limit",
    "comment",
    "is_wholesaler",
    "wholesalers",
];

impl Panel {
    /// Creates a client (POST /panel/client/form); the answer does not tell its id. Without a password Saplab is sent
    /// an empty one, as in the document's example.
    ///
    /// # Errors
    /// [`Fault::Refused`] with Saplab's words for each field, e.g. a phone or e-mail that another client has;
    /// [`Fault::Garbled`] for anything that is neither its success nor its refusal; else as the transport.
    pub async fn create_client(&self, client: &ClientForm, password: Option<&Secret>) -> Result<Success, Fault> {
        self.post_client("/panel/client/form", client, password).await
    }

    /// Replaces a client (POST /panel/client/form/$ID). What the form does not say is lost: make it of
    /// [`Panel::client`]. Without a password the field is sent empty, as in the document's example.
    ///
    /// # Errors
    /// As [`Panel::create_client`].
    pub async fn edit_client(&self, id: i64, client: &ClientForm, password: Option<&Secret>) -> Result<Success, Fault> {
        let path = format!("/panel/client/form/{id}");
        self.post_client(&path, client, password).await
    }

    async fn post_client(&self, path: &str, client: &ClientForm, password: Option<&Secret>) -> Result<Success, Fault> {
        let mut request = self.login.post(path, client.form(password))?;
        if let Some(password) = password {
            request = request.secret("SAPLAB_CUSTOMER_PASSWORD", password);
        }
        let reply = self.login.send(request).await?;
        answer::done(&reply).map_err(|fault| by_field(&reply, fault))
    }
}

/// The one refusal of the panel without a `status`: `{"email": "...", "phone": "..."}`. Only an object that speaks of
/// nothing but the form's fields, in words, is one.
fn by_field(reply: &Reply, fault: Fault) -> Fault {
    if !matches!(fault, Fault::Garbled(_)) {
        return fault;
    }
    let words = json::parse::<Box<RawValue>>(reply)
        .ok()
        .and_then(|raw| field_words(&raw));
    match words {
        Some(words) => Fault::Refused {
            status: reply.status,
            words: reply.redact(&words),
        },
        None => fault,
    }
}

fn field_words(raw: &RawValue) -> Option<String> {
    let object = Object::read(raw)?;
    let word = |key: &str| {
        let field = FIELDS.into_iter().find(|field| *field == key)?;
        let text = object.text(field).filter(|text| !text.trim().is_empty())?;
        Some(format!("{field}: {text}"))
    };
    let words = object.keys().map(word).collect::<Option<Vec<_>>>()?;
    (!words.is_empty()).then(|| words.join("; "))
}

#[cfg(test)]
mod tests;
