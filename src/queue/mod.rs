//! The durable queue: every call to an upstream is a row of `queue.call` before it is a request on the wire.
//!
//! The life of a call: [`enqueue`] -> [`claim`] (lease by the database's clock, attempt counted) -> the request, with
//! no transaction open -> [`outcome`] decides (pure) -> [`settle`] records the end and its effect in one transaction,
//! only while the lease is still held. Before a call that must not be repeated blindly is sent, and after its answer was
//! lost, [`guard`] decides (pure). What requests show of an upstream is kept in its [`standing`], and [`breaker`] decides
//! (pure) when it is left alone; a person may [`pause`] it. Calls belong to a [`run`] of a job. [`worker`] drives all of it.

mod alive;
pub mod audit;
pub mod breaker;
pub(crate) mod busy;
pub mod claim;
pub mod enqueue;
mod event;
pub mod floor;
mod generation;
pub mod guard;
pub mod journal;
pub mod list;
pub mod look;
pub mod outcome;
pub mod pause;
pub mod presence;
pub mod prune;
mod rate;
pub(crate) mod reach;
mod rescue;
pub mod restore;
pub mod run;
pub mod second_look;
pub mod settle;
pub mod split;
pub mod standing;
pub(crate) mod waits;
pub mod wake;
pub mod worker;

use serde_json::Value;

/// What a second execution of a call would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Nothing: it only reads.
    Read,
    /// Nothing new: it sets a value.
    Idempotent,
    /// Harm: it must be looked up upstream before it may ever be sent again.
    Guarded,
}

impl Class {
    /// The word in `queue.call.class`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Idempotent => "idempotent",
            Self::Guarded => "guarded",
        }
    }
}

/// Who goes first when several calls are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i16)]
pub enum Priority {
    /// Read-backs, and what a person waits for.
    Urgent = 0,
    /// Order statuses.
    High = 1,
    /// Reads.
    Normal = 2,
    /// Bulk pushes.
    Bulk = 3,
}

/// A claimed call: ours until its lease ends.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Call {
    /// `queue.call.id`
    pub id: i64,
    /// The run it belongs to, where it belongs to one.
    pub run_id: Option<i64>,
    /// `upstream.resource.action`
    pub operation: String,
    /// What to read or push; never the values to push.
    pub args: Value,
    /// Whether the next stage of its run waits for it.
    pub gating: bool,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// How many earlier attempts failed.
    pub failures: i32,
    /// For guarded calls: seconds since the request left, if it may have left.
    pub intent_age: Option<f64>,
    /// Whether that was the second time.
    pub resent: bool,
    /// How often the upstream's state has been read since.
    pub looks: i16,
    /// The answer of the last of those reads.
    pub look: Option<Value>,
    /// How many seconds old that is.
    pub look_age: Option<f64>,
    /// Whether somebody wants to see its answer.
    pub keeps_answer: bool,
    /// How many seconds it had been in the queue when it was claimed.
    pub age: f64,
    /// Whether it is the one call that shows whether its upstream is back.
    pub is_probe: bool,
}
