//! Performs a claimed call: from its name to what its upstream said. How that ends is recorded in `record.rs`.

use std::time::{Duration, Instant};

use sqlx::PgPool;

use super::catalogue::dispatch;
use super::guarded::{goes_out, look};
use super::record::{count, dead, failed, finish_without_request, later, repeated, succeeded, unsent};
use super::{Apart, Applied, Operation};
use crate::context::Context;
use crate::db::passing::Passing;
use crate::kill;
use crate::queue::breaker::{Limits, Signal};
use crate::queue::outcome::{Outcome, Policy, ReadBack, decide};
use crate::queue::settle::{self, Failure};
use crate::queue::split;
use crate::queue::standing::{self, Noted, Sign};
use crate::queue::{Call, Class};
use crate::trace;
use crate::upstream::Fault;
use crate::upstream::transport::journal::recorded;

/// A request that is more than the upstream takes at once.
const TOO_LARGE: u16 = 413;

/// What performing needs beside the call.
pub struct Performer<'a> {
    /// The database.
    pub pool: &'a PgPool,
    /// A connection of its own, which tells whether the database is silent.
    pub vital: &'a PgPool,
    /// Settings and clients.
    pub context: &'a Context,
    /// When the call was taken up.
    pub began: Instant,
    /// Whether our lease is certain to hold long enough for a request to begin.
    pub lease_is_safe: &'a (dyn Fn() -> bool + Sync),
    /// Whether the settings have not been replaced since the call was claimed.
    pub is_current: &'a (dyn Fn() -> bool + Sync),
}

/// Performs one call. An error is the database's: the call's lease then runs out and somebody else takes it.
pub async fn perform(performer: &Performer<'_>, call: &Call) -> sqlx::Result<()> {
    let queue = &performer.context.settings.queue;
    let performed = match queue.journal {
        Duration::ZERO => dispatch(performer, call).await,
        _ => recorded(queue.journal_body, dispatch(performer, call)).await.0,
    };
    match performed {
        Some(performed) => performed,
        None => {
            let failure = Failure {
                // Another version may have sent it.
                outcome: if call.intent_age.is_some() {
                    Outcome::Quarantined
                } else {
                    Outcome::Dead
                },
                ..dead(format!("this version of sverka knows no operation {}", call.operation))
            };
            tracing::error!(call = call.id, "{}", failure.words);
            let record = || settle::failed(performer.pool, performer.context, call, &failure);
            repeated(performer, record).await.map(drop)
        }
    }
}

pub(super) async fn typed<O: Operation>(performer: &Performer<'_>, call: &Call) -> sqlx::Result<()> {
    let asked = trace::attempt(call, O::UPSTREAM, attempt::<O>(performer, call)).await?;
    if call.is_probe && !asked {
        note::<O>(performer, call, Signal::Nothing, "").await?;
    }
    Ok(())
}

/// Returns whether a request was made.
async fn attempt<O: Operation>(performer: &Performer<'_>, call: &Call) -> sqlx::Result<bool> {
    let context = performer.context;
    let operation: O = match serde_json::from_value(call.args.clone()) {
        Ok(operation) => operation,
        Err(error) => {
            let words = format!("the arguments of the call cannot be read: {error}");
            failed::<O>(performer, call, None, dead(words)).await?;
            return Ok(false);
        }
    };
    let repeatable = O::CLASS != Class::Guarded && O::READ_BACK != ReadBack::Never;
    if repeatable && let Some(why) = repeated(performer, || unseen(performer.pool, call)).await? {
        let failure = look_before(&operation, context, call, why);
        failed::<O>(performer, call, None, failure).await?;
        return Ok(false);
    }
    if operation.looks_first() && !goes_out(performer, call, &operation).await? {
        return Ok(false);
    }
    let prepared = match repeated(performer, || operation.prepare(performer.pool, context)).await {
        Ok(prepared) => prepared,
        Err(error) => {
            let words = format!("what to send cannot be read from the database: {error}");
            let unsent = Failure {
                counts: !error.is_passing(),
                ..unsent(context, call, words)
            };
            failed::<O>(performer, call, None, unsent).await?;
            return Ok(false);
        }
    };
    let Some(request) = prepared else {
        let nothing = Applied {
            note: Some("nothing differs any more".into()),
            ..Applied::default()
        };
        repeated(performer, || finish_without_request::<O>(performer, call, &nothing)).await?;
        return Ok(false);
    };
    let intend = || settle::intend(performer.pool, call, context.daemon_id);
    if O::CLASS == Class::Guarded && !repeated(performer, intend).await? {
        tracing::warn!(call = call.id, "not sent: the lease had run out");
        return Ok(false);
    }
    if !(performer.lease_is_safe)() {
        tracing::warn!(
            call = call.id,
            "not sent: our lease may have run out while this process stood still"
        );
        return Ok(false);
    }
    let sent = operation.send(context, &request).await;
    kill::point(if sent.is_ok() { "wire.parsed" } else { "wire.failed" });
    match sent {
        Ok(answer) if O::POST_CHECK => {
            let failure = Failure {
                answer: serde_json::to_value(&answer).ok(),
                ..later(
                    Outcome::Look(Duration::ZERO),
                    "answered; what the upstream holds now is read",
                    look(&operation, call),
                )
            };
            failed::<O>(performer, call, None, failure).await?;
            note::<O>(performer, call, Signal::Alive, "").await?;
        }
        Ok(answer) => succeeded(performer, call, &operation, &request, &answer).await?,
        Err(Fault::Refused { status, words }) if !call.keeps_answer => {
            refused(performer, call, &operation, &request, status, words).await?;
        }
        Err(fault) => faulted(performer, call, &operation, &fault).await?,
    }
    Ok(true)
}

/// What was refused whole, with no row named, is taken apart. One row alone is put aside when others like it are
/// accepted: otherwise nothing shows that it is the row, and it is made again as after a failure of the upstream's.
async fn refused<O: Operation>(
    performer: &Performer<'_>,
    call: &Call,
    operation: &O,
    request: &O::Request,
    status: u16,
    words: String,
) -> sqlx::Result<()> {
    let too_large = status == TOO_LARGE;
    let shown = if too_large {
        format!("HTTP {status}: {words}")
    } else {
        words.clone()
    };
    match operation.apart(request, &shown) {
        Apart::Halves(halves) => {
            let signal = if too_large { Signal::Alive } else { Signal::Failing };
            note::<O>(performer, call, signal, &shown).await?;
            split(performer, call, status, &shown, &halves).await
        }
        Apart::Alone(answer) if too_large || split::others_are_accepted(performer.pool, call).await? => {
            note::<O>(performer, call, Signal::Alive, "").await?;
            succeeded(performer, call, operation, request, &answer).await
        }
        Apart::Alone(_) => faulted(performer, call, operation, &Fault::Failing { status, words }).await,
        Apart::Indivisible => faulted(performer, call, operation, &Fault::Refused { status, words }).await,
    }
}

async fn split<O: Operation>(
    performer: &Performer<'_>,
    call: &Call,
    status: u16,
    words: &str,
    halves: &[O; 2],
) -> sqlx::Result<()> {
    let args = || {
        halves
            .each_ref()
            .map(|half| serde_json::to_value(half).unwrap_or_default())
    };
    let record = || split::split(performer.pool, performer.context, call, Some(status), words, args());
    let recorded = repeated(performer, record).await?;
    if recorded {
        count::<O>(performer, call, "split");
        tracing::warn!(upstream = %O::UPSTREAM, operation = O::NAME, call = call.id, run = call.run_id, why = words, "refused whole: made again in two halves");
    } else {
        tracing::warn!(
            call = call.id,
            operation = O::NAME,
            "the lease had run out: the refusal is not recorded"
        );
    }
    Ok(())
}

/// What a fault says of the upstream is noted first: while its breaker is open a failure is not the call's own.
async fn faulted<O: Operation>(
    performer: &Performer<'_>,
    call: &Call,
    operation: &O,
    fault: &Fault,
) -> sqlx::Result<()> {
    let policy = Policy::from(&performer.context.settings.queue);
    let decided = |attempt| decide(O::CLASS, O::READ_BACK, fault, attempt, &policy, fastrand::f64());
    let before = u32::try_from(call.failures).unwrap_or_default();
    // What was refused with credentials that are no longer in force is made again with those that are.
    let outdated = matches!(decided(1), Outcome::Pause(_)) && !(performer.is_current)();
    let signal = match Signal::of(fault) {
        _ if outdated => Signal::Nothing,
        // A page may come from behind the effect; the look that follows meets it too, if it is more than that.
        Signal::Denied if !matches!(decided(1), Outcome::Pause(_)) => Signal::Failing,
        signal => signal,
    };
    let words = fault.to_string();
    let noted = note::<O>(performer, call, signal, &words).await?;
    let outcome = match decided((before + u32::from(noted.was_closed)).max(1)) {
        _ if outdated => Outcome::Retry(Duration::ZERO),
        // It waits with its upstream, a probe a little longer: another call probes next, if there is another.
        Outcome::Retry(wait) if !noted.was_closed => Outcome::Pause(noted.rest.unwrap_or_default() + wait),
        outcome => outcome,
    };
    let failure = Failure {
        outcome,
        words,
        http_status: fault.status(),
        read_back: look(operation, call),
        counts: noted.was_closed && !outdated,
        answer: None,
    };
    failed::<O>(performer, call, Some(fault), failure).await
}

pub(super) async fn note<O: Operation>(
    performer: &Performer<'_>,
    call: &Call,
    signal: Signal,
    words: &str,
) -> sqlx::Result<Noted> {
    let queue = &performer.context.settings.queue;
    let limits = Limits::new(queue, queue.manners(O::UPSTREAM));
    let sign = Sign {
        upstream: O::UPSTREAM,
        call_id: call.id,
        signal,
        words,
    };
    let record = || standing::note(performer.pool, &limits, sign);
    repeated(performer, record).await
}

/// Why nobody knows what became of the attempt before this one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unseen {
    /// Its worker died or had to stop.
    CutOff,
    /// Its answer was lost, and the read that was to show what the upstream holds came to nothing.
    NotRead,
}

async fn unseen(pool: &PgPool, call: &Call) -> sqlx::Result<Option<Unseen>> {
    let outcome: Option<Option<String>> =
        sqlx::query_scalar("SELECT outcome FROM queue.attempt WHERE call_id = $1 AND attempt = $2")
            .bind(call.id)
            .bind(call.attempt - 1)
            .fetch_optional(pool)
            .await?;
    Ok(match outcome.flatten().as_deref() {
        Some("lease lost" | "released") => Some(Unseen::CutOff),
        Some("unknown") if call.looks == 0 => Some(Unseen::NotRead),
        _ => None,
    })
}

/// That attempt may have been acted upon: what the upstream holds is read before anything is sent again.
fn look_before<O: Operation>(operation: &O, context: &Context, call: &Call, why: Unseen) -> Failure {
    let failures = u32::try_from(call.failures).unwrap_or_default();
    if why == Unseen::NotRead && failures >= context.settings.queue.max_attempts {
        return dead("not sent again: its answer was lost, and what the upstream holds cannot be read".into());
    }
    let words = match why {
        Unseen::CutOff => "the attempt before was cut off: what the upstream holds is read first",
        Unseen::NotRead => "what the upstream holds could not be read: it is read again first",
    };
    Failure {
        counts: why == Unseen::NotRead,
        ..later(Outcome::Unknown(Duration::ZERO), words, look(operation, call))
    }
}
