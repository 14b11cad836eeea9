//! Operations with a client's balance at Saplab: listed and added (panel document, /panel/client/balance/$ID and
//! /panel/client/add_transaction/$ID).
//!
//! Added twice, one counts twice, and the document gives it no id: so a token of ours stands at the end of its
//! description, by which it is found among the comments of the list.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::paging::{self, Trail};
use super::saplab_clients::ListClients;
use super::saplab_reference::pulled;
use super::saplab_seen::unreadable;
use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up, new_call};
use crate::context::Context;
use crate::mirror::saplab_reference;
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{Success, Transaction, TransactionPage};
use crate::upstream::{Fault, Upstream};

/// Whatever a shop says of its length, one listing ends after so many pages.
const PAGES_MAX: u32 = 1_000;

/// Lists one page of operations.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListTransactions {
    /// Whose.
    pub client: i64,
    /// From 1.
    #[serde(default = "first")]
    pub page: u32,
    /// What is searched for: the pages after this one are read too until it is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// What the page before showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail: Option<Trail>,
}

/// One operation that is searched for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Search {
    /// A text in its comment.
    pub text: String,
    /// It is not older than this.
    pub since: DateTime<Utc>,
}

fn first() -> u32 {
    1
}

impl ListTransactions {
    /// Whether what is searched for may stand on the next page.
    fn goes_on(&self, page: &TransactionPage) -> bool {
        let Some(search) = &self.search else {
            return false;
        };
        // How a page is asked for is not documented: the first one may come again and again.
        let trail = self.trail.clone().unwrap_or_default();
        if self.page > 1 && paging::repeats(&trail, &known_by(page)) {
            return false;
        }
        let is_found = page.transactions.iter().any(|one| one.comment.contains(&search.text));
        !is_found && self.page < page.pages.min(PAGES_MAX) && !is_past(&page.transactions, search.since)
    }
}

/// Operations have no ids.
fn known_by(page: &TransactionPage) -> Vec<u64> {
    let of = |one: &Transaction| {
        let (date, amount) = (format!("{:?}", one.date), format!("{:?}", one.amount));
        paging::known_by(&[&date, &amount, &one.comment])
    };
    page.transactions.iter().map(of).collect()
}

/// Whether a list that goes back in time has come to what is older.
fn is_past(transactions: &[Transaction], since: DateTime<Utc>) -> bool {
    let dates: Option<Vec<_>> = transactions.iter().map(|one| one.date).collect();
    dates.is_some_and(|dates| dates.is_sorted_by(|a, b| a >= b) && dates.last().is_some_and(|last| *last < since))
}

impl Operation for ListTransactions {
    const NAME: &'static str = "saplab.balance.list";
    const ABOUT: &'static str = "List operations with a client's balance (GET /panel/client/balance/$ID)";
    const ARGS: &'static [Arg] = &[
        Arg::required("client", Kind::Integer, "the client's id"),
        Arg::new("page", Kind::Integer, "the page, from 1"),
    ];
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = TransactionPage;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<TransactionPage, Fault> {
        saplab(context)?.balance(self.client, self.page).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        (): &(),
        page: &TransactionPage,
    ) -> Result<Applied, ApplyError> {
        saplab_reference::set_transactions(tx, self.client, &page.transactions).await?;
        let next = Self {
            page: self.page + 1,
            trail: Some(paging::behind(&known_by(page))),
            ..self.clone()
        };
        let next = self.goes_on(page).then(|| NewCall {
            priority: Priority::Urgent,
            ..new_call(&next, false)
        });
        Ok(Applied {
            next: next.into_iter().collect(),
            ..pulled(page.transactions.len(), &page.rejected)
        })
    }
}

/// Adds an operation.
#[derive(Debug, Serialize, Deserialize)]
pub struct AddTransaction {
    /// Whose.
    pub client: i64,
    /// Roubles; negative = charged.
    pub amount: Decimal,
    /// What for.
    pub description: String,
    /// By which it is found again; made when it is asked for.
    #[serde(default)]
    pub token: String,
    /// When it was asked for.
    #[serde(default)]
    pub asked_at: DateTime<Utc>,
}

impl AddTransaction {
    fn described(&self) -> String {
        format!("{} [{}]", self.description, self.token).trim_start().to_owned()
    }

    fn search(&self) -> ListTransactions {
        ListTransactions {
            client: self.client,
            page: 1,
            search: Some(Search {
                text: self.token.clone(),
                // The shop's clock is its own.
                since: self.asked_at - TimeDelta::days(1),
            }),
            trail: None,
        }
    }
}

impl Operation for AddTransaction {
    const NAME: &'static str = "saplab.balance.add";
    const ABOUT: &'static str = "Add an operation to a client's balance (POST /panel/client/add_transaction/$ID)";
    const ARGS: &'static [Arg] = &[
        Arg::required("client", Kind::Integer, "the client's id"),
        Arg::required("amount", Kind::Decimal, "roubles; negative to charge"),
        Arg::required("description", Kind::Text, "what for; our token is put behind it"),
    ];
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Guarded;
    const PRIORITY: Priority = Priority::High;
    const READ_BACK: ReadBack = ReadBack::Always;
    const CONSEQUENCE: Option<&'static str> = Some("changes the money on a client's balance");
    type Request = ();
    type Answer = Success;

    fn complete(&mut self) {
        self.token = format!("sv{:016x}", fastrand::u64(..));
        self.asked_at = Utc::now();
    }

    /// The same for the same client may be meant twice, but not while the first is under way.
    fn intent(&self) -> Option<String> {
        Some(format!(
            "{} {} {} {}",
            Self::NAME,
            self.client,
            self.amount.normalize(),
            self.description
        ))
    }

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Success, Fault> {
        if self.token.is_empty() {
            return Err(Fault::Refused {
                status: 0,
                words: "not sent: without a token it could not be found again".into(),
            });
        }
        let panel = saplab(context)?;
        panel.add_transaction(self.client, self.amount, &self.described()).await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        Ok(Applied {
            pushed: 1,
            next: self.refreshed(),
            ..Applied::default()
        })
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&self.search())
    }

    async fn sight(&self, pool: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        let Some(page) = look.read::<TransactionPage>() else {
            return Ok(unreadable());
        };
        let on_page: Vec<_> = page
            .transactions
            .iter()
            .filter(|one| one.comment.contains(&self.token))
            .collect();
        Ok(match on_page.as_slice() {
            [one] if one.amount.is_some_and(|amount| amount != self.amount) => {
                Sight::Doubt("the operation is there, with another sum".into())
            }
            [_] => Sight::Done(format!("the operation is there, its token is {}", self.token)),
            [] if saplab_reference::has_transaction(pool, self.client, &self.token).await? => {
                Sight::Done(format!("the operation was seen, its token is {}", self.token))
            }
            [] => Sight::Absent,
            several => Sight::Doubt(format!("the operation is there {} times", several.len())),
        })
    }

    async fn finished(&self, _: &mut PgConnection, _: &Context, _: &Look<'_>) -> sqlx::Result<Applied> {
        Ok(Applied {
            next: self.refreshed(),
            ..Applied::default()
        })
    }
}

impl AddTransaction {
    /// The new balance, and the operation as Saplab shows it.
    fn refreshed(&self) -> Vec<NewCall> {
        let list = ListTransactions {
            client: self.client,
            page: 1,
            search: None,
            trail: None,
        };
        vec![new_call(&ListClients::one(self.client), false), new_call(&list, false)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, comment: &str) -> Transaction {
        Transaction {
            date: text.parse().ok(),
            comment: comment.into(),
            ..Transaction::default()
        }
    }

    #[test]
    fn a_search_goes_on_until_it_has_found_or_come_to_what_is_older() {
        let search = Search {
            text: "sv1".into(),
            since: "2026-01-02T00:00:00Z".parse().unwrap(),
        };
        let list = ListTransactions {
            client: 1,
            page: 1,
            search: Some(search),
            trail: None,
        };
        let (new, old) = (at("2026-01-03T00:00:00Z", ""), at("2026-01-01T00:00:00Z", ""));
        for (transactions, pages, expected) in [
            (vec![new.clone()], 2, true),
            (vec![new.clone()], 1, false),
            (vec![at("2026-01-03T00:00:00Z", "x [sv1]")], 2, false),
            (vec![new.clone(), old.clone()], 2, false),
            // Oldest first, or a date that cannot be read: nothing can be said about the next page.
            (vec![old.clone(), new.clone()], 2, true),
            (vec![at("?", ""), old.clone()], 2, true),
        ] {
            let page = TransactionPage {
                transactions,
                pages,
                ..TransactionPage::default()
            };
            assert_eq!(list.goes_on(&page), expected, "{page:?}");
            assert!(
                !ListTransactions {
                    search: None,
                    ..list.clone()
                }
                .goes_on(&page)
            );
        }
    }
}
