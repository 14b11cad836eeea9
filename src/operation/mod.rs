//! What the queue can carry: one file for each group of operations, one struct for each operation.
//!
//! An operation names what to read or push. Performed, it reads the values by those names ([`Operation::prepare`]),
//! makes one request with no transaction open ([`Operation::send`]), and writes the answer's effect in the transaction
//! that ends its call ([`Operation::apply`]). [`perform`] is the only caller of all three.

pub mod carreta_orders;
pub mod carreta_prices;
pub mod carreta_profile;
pub mod keaz_remains;
mod keaz_verdicts;
pub mod keaz_warehouses;
mod perform;
pub mod saplab_orders;
pub mod saplab_set_status;
pub mod saplab_statuses;

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{PgConnection, PgPool};

use crate::context::Context;
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::{Fault, Upstream};

pub use perform::{Performer, perform};

/// One operation of an upstream, with its arguments as fields.
pub trait Operation: Serialize + DeserializeOwned + Send + Sync {
    /// `upstream.resource.action`
    const NAME: &'static str;
    /// Whom it asks.
    const UPSTREAM: Upstream;
    /// What a second execution would do.
    const CLASS: Class;
    /// Who goes first.
    const PRIORITY: Priority;
    /// When to look upstream for its own effect before sending it again.
    const READ_BACK: ReadBack = ReadBack::Never;

    /// The values to send, read by the arguments when the call is made.
    type Request: Send + Sync;
    /// The upstream's answer.
    type Answer: Send + Sync;

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

    /// The read that shows whether its effect happened.
    fn read_back(&self) -> Option<NewCall> {
        None
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
    /// Calls that follow from it.
    pub next: Vec<NewCall>,
    /// What an admin should know.
    pub note: Option<String>,
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
    }
}
