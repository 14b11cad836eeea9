//! Saplab's clients listed and read (panel document, /panel/client and /panel/client/form/$ID).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::paging::{self, Trail};
use super::saplab_reference::{noted, pulled};
use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Arg, Kind, Operation, new_call};
use crate::context::Context;
use crate::mirror;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{ClientCard, ClientFilter, ClientPage, MAX_PER_PAGE};
use crate::upstream::{Fault, Upstream};

/// Whatever a shop says of its length, one listing ends after so many pages.
const PAGES_MAX: u32 = 10_000;

/// Lists clients with their balances: a page of those that a filter lets pass, or all pages from there on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ListClients {
    /// The filters; the default = all clients.
    #[serde(flatten)]
    pub filter: ClientFilter,
    /// Whether the pages after this one are read too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// What the pages before showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail: Option<Trail>,
}

impl ListClients {
    /// The beginning of a listing of all clients.
    pub fn first_page() -> Self {
        let filter = ClientFilter {
            page: Some(1),
            per_page: Some(MAX_PER_PAGE),
            ..ClientFilter::default()
        };
        Self {
            filter,
            all: true,
            trail: None,
        }
    }

    /// The next page of the listing, if there is more to see; and what an admin should know.
    fn next(&self, page: &ClientPage) -> (Option<Self>, Option<&'static str>) {
        if !self.all {
            return (None, None);
        }
        let ids = page.clients.iter().map(|client| client.id);
        let pages = page.pages.min(PAGES_MAX);
        let (next, words) = paging::after(self.trail.as_ref(), self.filter.page, pages, ids, &page.rejected);
        let next = next.map(|(number, trail)| {
            let mut next = self.clone();
            next.filter.page = Some(number);
            next.trail = Some(trail);
            next
        });
        (next, words)
    }

    /// One client's row.
    pub fn one(id: i64) -> Self {
        let filter = ClientFilter {
            client_id: vec![id],
            ..ClientFilter::default()
        };
        Self {
            filter,
            ..Self::default()
        }
    }
}

impl Operation for ListClients {
    const NAME: &'static str = "saplab.clients.list";
    const ABOUT: &'static str = "List clients with their balances (GET /panel/client)";
    const ARGS: &'static [Arg] = &[
        Arg::new("client_id", Kind::Integers, "clients with these ids"),
        Arg::new("client_name", Kind::Text, "a part of the client's or company's name"),
        Arg::new("phone", Kind::Text, "the phone, 1234567890 or +7(123)456-78-90"),
        Arg::new("email", Kind::Text, "the e-mail address"),
        Arg::new("is_wholesaler", Kind::Flag, "only companies, or only persons"),
        Arg::new("client_group", Kind::Integer, "the discount group"),
        Arg::new("date_from", Kind::Date, "registered on this day or later"),
        Arg::new("date_to", Kind::Date, "registered until this day"),
        Arg::new("manager_id", Kind::Integer, "the manager"),
        Arg::new("page", Kind::Integer, "the page, from 1"),
        Arg::new("per_page", Kind::Integer, "clients on a page, at most 150"),
        Arg::new("all", Kind::Flag, "bring the pages after this one into the mirror too"),
    ];
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    /// When it was asked, by the database's clock.
    type Request = DateTime<Utc>;
    type Answer = ClientPage;

    async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<DateTime<Utc>>> {
        mirror::clock(pool).await.map(Some)
    }

    async fn send(&self, context: &Context, _: &DateTime<Utc>) -> Result<ClientPage, Fault> {
        saplab(context)?.clients(&self.filter).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        asked_at: &DateTime<Utc>,
        page: &ClientPage,
    ) -> Result<Applied, ApplyError> {
        mirror::saplab_reference::set_clients(tx, &page.clients, *asked_at).await?;
        let (next, words) = self.next(page);
        Ok(Applied {
            next: next.iter().map(|next| new_call(next, true)).collect(),
            note: noted(&page.rejected, words),
            ..pulled(page.clients.len(), &page.rejected)
        })
    }
}

/// Reads all that the form shows of one client.
#[derive(Debug, Serialize, Deserialize)]
pub struct GetClient {
    /// The client's id.
    pub id: i64,
}

impl Operation for GetClient {
    const NAME: &'static str = "saplab.clients.get";
    const ABOUT: &'static str = "Read a client with the company's data (GET /panel/client/form/$ID)";
    const ARGS: &'static [Arg] = &[Arg::required("id", Kind::Integer, "the client's id")];
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = ClientCard;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<ClientCard, Fault> {
        saplab(context)?.client(self.id).await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &ClientCard) -> Result<Applied, ApplyError> {
        Ok(pulled(1, &[]))
    }
}
