//! A new client of Saplab's shop (panel document, POST /panel/client/form).
//!
//! Saplab tells no id, and what it does with a second client of one phone is refuse it: the phone is the login. So the
//! phone is looked for before, and after an answer that did not come.

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::saplab_clients::ListClients;
use super::saplab_list_rows::written;
use super::saplab_password::{self, PASSWORD_FILE};
use super::saplab_seen::unreadable;
use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up, new_call};
use crate::context::Context;
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{ClientFilter, ClientForm, ClientPage, ClientRow, Success, same_phone};
use crate::upstream::{Fault, Upstream};

/// Creates a client.
#[derive(Debug, Serialize, Deserialize)]
pub struct CreateClient {
    /// Everything about it.
    #[serde(flatten)]
    pub client: ClientForm,
    /// Where its password is, on the host of whoever makes the call; without it Saplab is sent an empty one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<String>,
}

impl CreateClient {
    fn by_phone(&self) -> ListClients {
        ListClients {
            filter: ClientFilter {
                phone: Some(self.client.phone.clone()),
                ..ClientFilter::default()
            },
            ..ListClients::default()
        }
    }

    fn is_this(&self, row: &ClientRow) -> bool {
        let wanted = &self.client;
        row.name.trim() == wanted.name.trim()
            && row.email.trim().eq_ignore_ascii_case(wanted.email.trim())
            && row.group_id == Some(wanted.group_id)
            && row.is_wholesaler == Some(wanted.wholesalers.is_some())
    }
}

impl Operation for CreateClient {
    const NAME: &'static str = "saplab.clients.create";
    const ABOUT: &'static str = "Create a client (POST /panel/client/form)";
    const ARGS: &'static [Arg] = &[
        Arg::required("name", Kind::Text, "the person's name"),
        Arg::required("phone", Kind::Text, "the phone, ten digits; also the login"),
        Arg::new("email", Kind::Text, "the e-mail address"),
        Arg::new("address", Kind::Text, "the address of delivery"),
        Arg::required("point_id", Kind::Integer, "the office"),
        Arg::new("manager_id", Kind::Integer, "the manager; 0 = none"),
        Arg::required("group_id", Kind::Integer, "the discount group"),
        Arg::new(
            "shipping_id",
            Kind::Integer,
            "the usual way of delivery; 0 = not chosen",
        ),
        Arg::new("limit", Kind::Decimal, "the credit limit, roubles"),
        Arg::new("comment", Kind::Text, "a comment for managers"),
        Arg::new("status", Kind::Flag, "whether the client is active; true without it"),
        Arg::new(
            "wholesalers",
            Kind::Json,
            "a company's data: {\"type\":\"ООО\",\"org_name\":\"...\",\"inn\":\"...\"}; with it the client is a company",
        ),
        PASSWORD_FILE,
    ];
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Guarded;
    const PRIORITY: Priority = Priority::High;
    const READ_BACK: ReadBack = ReadBack::Always;
    type Request = ();
    type Answer = Success;

    fn intent(&self) -> Option<String> {
        Some(format!("{} {}", Self::NAME, self.client.phone))
    }

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Success, Fault> {
        let password = saplab_password::read(self.password_file.as_deref()).await?;
        saplab(context)?.create_client(&self.client, password.as_ref()).await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        Ok(written(new_call(&self.by_phone(), false)))
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&self.by_phone())
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        let Some(page) = look.read::<ClientPage>() else {
            return Ok(unreadable());
        };
        let mut having = page
            .clients
            .iter()
            .filter(|row| same_phone(&row.phone, &self.client.phone));
        Ok(match having.next() {
            Some(row) if self.is_this(row) => Sight::Done(format!("the client is there, with id {}", row.id)),
            Some(row) => Sight::Doubt(format!("another client has that phone: id {}", row.id)),
            None if page.rejected.is_empty() => Sight::Absent,
            None => Sight::Doubt(page.rejected.join("; ")),
        })
    }
}
