//! What the queue can carry: one file for each group of operations, one struct for each operation.
//!
//! An operation names what to read or push. Performed, it reads the values by those names ([`Operation::prepare`]),
//! makes one request with no transaction open ([`Operation::send`]), and writes the answer's effect in the transaction
//! that ends its call ([`Operation::apply`]). One that must not be repeated blindly says how the upstream is looked at
//! ([`Operation::read_back`]) and what that shows ([`Operation::sight`]). [`perform`] is the only caller of them all;
//! [`catalogue`] lists them for people.

mod argument;
pub mod carreta_order_create;
pub mod carreta_orders;
pub mod carreta_parts;
pub mod carreta_prices;
pub mod carreta_profile;
mod catalogue;
mod guarded;
pub mod keaz_remains;
pub mod keaz_resource;
mod keaz_verdicts;
pub mod keaz_warehouses;
pub mod keaz_warehouses_delete;
mod paging;
mod perform;
mod record;
pub mod saplab_balance;
pub mod saplab_cart;
pub mod saplab_cart_add;
pub mod saplab_client_create;
pub mod saplab_client_edit;
pub mod saplab_clients;
mod saplab_groups;
mod saplab_list_rows;
pub mod saplab_orders;
pub mod saplab_parts;
mod saplab_password;
pub mod saplab_pay;
pub mod saplab_position_acts;
pub mod saplab_purchase_create;
pub mod saplab_purchases;
pub mod saplab_reference;
mod saplab_seen;
pub mod saplab_set_status;
mod saplab_shipping_types;
mod saplab_status_row;
pub mod saplab_statuses;

use std::future::Future;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use crate::context::Context;
use crate::queue::enqueue::NewCall;
pub use crate::queue::guard::Sight;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::{Fault, Upstream};

pub use argument::{Arg, Kind};
pub use catalogue::{Entry, catalogue, entry};
pub use perform::{Performer, perform};

/// One operation of an upstream, with its arguments as fields.
pub trait Operation: Serialize + DeserializeOwned + Send + Sync {
    /// `upstream.resource.action`
    const NAME: &'static str;
    /// What it does, in one line.
    const ABOUT: &'static str;
    /// Its arguments on the command line.
    const ARGS: &'static [Arg] = &[];
    /// Whom it asks.
    const UPSTREAM: Upstream;
    /// What a second execution would do.
    const CLASS: Class;
    /// Who goes first.
    const PRIORITY: Priority;
    /// When to look upstream for its own effect before sending it (again).
    const READ_BACK: ReadBack = ReadBack::Never;
    /// Guarded: it carries our token, and may be sent a second time when that is not found after the quiet window.
    const RESENDS: bool = false;
    /// Guarded: even a good answer is not believed; what the upstream holds afterwards decides.
    const POST_CHECK: bool = false;
    /// What it does to somebody's money or order: a person who asks for it must say yes.
    const CONSEQUENCE: Option<&'static str> = None;

    /// The values to send, read by the arguments when the call is made.
    type Request: Send + Sync;
    /// The upstream's answer, as a person is shown it: without secrets.
    type Answer: Serialize + Send + Sync;

    /// Gives a new intent what makes it one: a token of ours, say. Called once, before it is enqueued.
    fn complete(&mut self) {}

    /// The intent, which is open once: where two calls with other arguments must not be under way at the same time.
    fn intent(&self) -> Option<String> {
        None
    }

    /// Reads what to send. `None`: nothing differs any more, no request is needed.
    fn prepare(
        &self,
        pool: &PgPool,
        context: &Context,
    ) -> impl Future<Output = sqlx::Result<Option<Self::Request>>> + Send;

    /// Makes the request.
    fn send(
        &self,
        context: &Context,
        request: &Self::Request,
    ) -> impl Future<Output = Result<Self::Answer, Fault>> + Send;

    /// Writes the effect of the answer; called again if the transaction failed in passing.
    fn apply(
        &self,
        tx: &mut PgConnection,
        context: &Context,
        request: &Self::Request,
        answer: &Self::Answer,
    ) -> impl Future<Output = Result<Applied, ApplyError>> + Send;

    /// What remains to be done when the upstream refused the request whole, in these words, and named no row of it.
    fn apart(&self, _request: &Self::Request, _words: &str) -> Apart<Self, Self::Answer>
    where
        Self: Sized,
    {
        Apart::Indivisible
    }

    /// The read that shows whether its effect happened.
    fn read_back(&self) -> Option<NewCall> {
        None
    }

    /// Whether it is looked up before it is sent for the first time.
    fn looks_first(&self) -> bool {
        Self::READ_BACK == ReadBack::Always
    }

    /// What that read showed: its answer is `look.answer`, its effect on the mirror is written.
    fn sight(&self, _pool: &PgPool, _look: &Look<'_>) -> impl Future<Output = sqlx::Result<Sight>> + Send {
        async { Ok(Sight::Absent) }
    }

    /// What follows when the upstream's own state shows that it is done, whoever did it.
    fn finished(
        &self,
        _tx: &mut PgConnection,
        _context: &Context,
        _look: &Look<'_>,
    ) -> impl Future<Output = sqlx::Result<Applied>> + Send {
        async { Ok(Applied::default()) }
    }
}

/// A refused request, taken apart.
#[derive(Debug)]
pub enum Apart<Call, Answer> {
    /// It is not made of rows, or a person asked for it as it is.
    Indivisible,
    /// Two calls with half of the rows each: the row that spoils it stands alone in the end.
    Halves([Call; 2]),
    /// One row: an answer that says so, for it to be put aside.
    Alone(Answer),
}

/// What is known when the upstream's state has been read.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The answer of the read.
    pub answer: Option<&'a Value>,
    /// Whether the request may have left before that read.
    pub sent: bool,
}

impl Look<'_> {
    /// The answer in the type in which it was written; `None` when there is none or it has another shape.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        self.answer.and_then(|answer| T::deserialize(answer).ok())
    }
}

/// What a successful call did.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Whether a request was made at all.
    pub asked: bool,
    /// Rows read.
    pub pulled: i64,
    /// Rows written upstream.
    pub pushed: i64,
    /// Rows the upstream refused.
    pub refused: i64,
    /// Rows that somebody else had changed there: `mirror.drift`.
    pub drifted: i64,
    /// Calls that follow from it: of a list, its next page.
    pub next: Vec<NewCall>,
    /// What an admin should know.
    pub note: Option<String>,
    /// What a person is shown instead of the answer itself.
    pub answer: Option<Value>,
}

/// Why an answer had no effect.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The database failed; the effect is written again, the request is not made again.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The answer, as a whole, must not be believed.
    #[error("{0}")]
    Refused(String),
    /// The answer could not be read back from our own disk.
    #[error("a downloaded file cannot be read: {0}")]
    Disk(#[from] std::io::Error),
}

/// The row of the queue for an operation.
pub fn new_call<O: Operation>(operation: &O, gating: bool) -> NewCall {
    NewCall {
        upstream: O::UPSTREAM.as_str(),
        operation: O::NAME,
        args: serde_json::to_value(operation).unwrap_or_default(),
        class: O::CLASS,
        priority: O::PRIORITY,
        gating,
        key: operation.intent().unwrap_or_default(),
        keeps_answer: false,
        after: Duration::ZERO,
    }
}

/// A read of the upstream's state: at once, of no run.
pub fn look_up<O: Operation>(operation: &O) -> Option<NewCall> {
    Some(NewCall {
        priority: Priority::Urgent,
        ..new_call(operation, false)
    })
}
