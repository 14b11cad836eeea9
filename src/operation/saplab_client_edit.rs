//! A client of Saplab's shop changed (panel document, POST /panel/client/form/$ID).
//!
//! A post replaces the whole client, so the client is read, changed and written back within one call, and read once
//! more. Made again after an answer that did not come, it finds that nothing differs any more, or sets the same values.

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::saplab_clients::ListClients;
use super::saplab_password::{self, PASSWORD_FILE};
use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Arg, Kind, Operation, new_call};
use crate::context::Context;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{ClientCard, ClientChange, ClientForm};
use crate::upstream::{Fault, Upstream};

/// Changes some fields of a client; everything else stays.
#[derive(Debug, Serialize, Deserialize)]
pub struct EditClient {
    /// The client's id.
    pub id: i64,
    /// What changes.
    #[serde(flatten)]
    pub change: ClientChange,
    /// Where the new password is, on the host of whoever makes the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edited {
    /// The fields that were sent with another value than before; empty = nothing differed, nothing was sent.
    pub changed: Vec<&'static str>,
    /// The fields that Saplab shows otherwise afterwards than they were sent.
    pub differing: Vec<&'static str>,
    /// Saplab's words.
    pub text: Option<String>,
    /// The client afterwards.
    pub client: ClientCard,
}

impl Operation for EditClient {
    const NAME: &'static str = "saplab.clients.edit";
    const ABOUT: &'static str = "Change fields of a client, keeping all others (POST /panel/client/form/$ID)";
    const ARGS: &'static [Arg] = &[
        Arg::required("id", Kind::Integer, "the client's id"),
        Arg::new("name", Kind::Text, "the person's name"),
        Arg::new("phone", Kind::Text, "the phone, eleven digits; also the login"),
        Arg::new("email", Kind::Text, "the e-mail address"),
        Arg::new("address", Kind::Text, "the address of delivery"),
        Arg::new("point_id", Kind::Integer, "the office"),
        Arg::new("manager_id", Kind::Integer, "the manager; 0 = none"),
        Arg::new("group_id", Kind::Integer, "the discount group"),
        Arg::new(
            "shipping_id",
            Kind::Integer,
            "the usual way of delivery; 0 = not chosen",
        ),
        Arg::new("limit", Kind::Decimal, "the credit limit, roubles"),
        Arg::new("comment", Kind::Text, "a comment for managers"),
        Arg::new("status", Kind::Flag, "whether the client is active"),
        Arg::new(
            "is_wholesaler",
            Kind::Flag,
            "true makes a company of a person, false a person of a company: its data is dropped",
        ),
        Arg::new(
            "wholesalers",
            Kind::Json,
            "those of a company's data that change: {\"inn\":\"...\"}",
        ),
        PASSWORD_FILE,
    ];
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Idempotent;
    const PRIORITY: Priority = Priority::High;
    type Request = ();
    type Answer = Edited;

    /// Two changes of one client are never under way at once: each would write the other's old values back.
    fn intent(&self) -> Option<String> {
        Some(format!("{} {}", Self::NAME, self.id))
    }

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Edited, Fault> {
        let panel = saplab(context)?;
        let password = saplab_password::read(self.password_file.as_deref()).await?;
        let before = panel.client(self.id).await?;
        let old = before.form().map_err(|missing| {
            refused(format!(
                "not sent: Saplab does not show {} of this client, and what is not sent is lost",
                missing.join(", ")
            ))
        })?;
        let new = self.change.apply(old.clone()).map_err(refused)?;
        let changed = new.differences(&old);
        if changed.is_empty() && password.is_none() {
            return Ok(Edited {
                changed,
                differing: Vec::new(),
                text: None,
                client: before,
            });
        }
        let text = panel.edit_client(self.id, &new, password.as_ref()).await?.text;
        let client = panel.client(self.id).await?;
        Ok(Edited {
            changed,
            differing: differing(&client, &new),
            text,
            client,
        })
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), edited: &Edited) -> Result<Applied, ApplyError> {
        let note = (!edited.differing.is_empty()).then(|| {
            format!(
                "Saplab took the change and shows other values than were sent: {}",
                edited.differing.join(", ")
            )
        });
        Ok(Applied {
            pushed: i64::from(edited.text.is_some() || !edited.changed.is_empty()),
            next: vec![new_call(&ListClients::one(self.id), false)],
            note,
            ..Applied::default()
        })
    }
}

/// What the client shows otherwise than it was sent; what is not known any more differs too.
fn differing(client: &ClientCard, sent: &ClientForm) -> Vec<&'static str> {
    match client.form() {
        Ok(form) => form.differences(sent),
        Err(_) => vec!["(a field is not shown any more)"],
    }
}

fn refused(words: String) -> Fault {
    Fault::Refused { status: 0, words }
}
