//! Records how a call ended: its effect and its end in one transaction, or its failure with what follows.

use std::future::Future;
use std::time::Duration;

use serde_json::Value;

use super::perform::{Performer, note};
use super::{Applied, ApplyError, Operation};
use crate::context::Context;
use crate::db::passing::{self, Passing};
use crate::kill;
use crate::metrics;
use crate::queue::breaker::Signal;
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::{Outcome, Policy, ReadBack, decide, in_words};
use crate::queue::settle::{self, Failure};
use crate::queue::standing;
use crate::queue::{Call, Class};
use crate::trace;
use crate::upstream::Fault;

/// Records success. The request is never repeated for the database's sake: only the recording is.
pub(super) async fn succeeded<O: Operation>(
    performer: &Performer<'_>,
    call: &Call,
    operation: &O,
    request: &O::Request,
    answer: &O::Answer,
) -> sqlx::Result<()> {
    let record = || record_success(performer, call, operation, request, answer);
    match repeated(performer, record).await {
        Ok(Some((applied, in_trouble))) => {
            count::<O>(performer, call, "done");
            if in_trouble || call.is_probe {
                note::<O>(performer, call, Signal::Alive, "").await?;
            }
            tracing::debug!(
                call = call.id,
                run = call.run_id,
                operation = O::NAME,
                attempt = call.attempt,
                pulled = applied.pulled,
                pushed = applied.pushed,
                refused = applied.refused,
                "call done"
            );
            Ok(())
        }
        Ok(None) => {
            // Where the answer to a commit was lost, it may have been done by the try before.
            if repeated(performer, || settle::ended(performer.pool, call))
                .await?
                .as_deref()
                == Some("done")
            {
                count::<O>(performer, call, "done");
                tracing::debug!(call = call.id, operation = O::NAME, "call done, as it turned out");
                return Ok(());
            }
            tracing::warn!(
                call = call.id,
                operation = O::NAME,
                "the answer came after the lease had run out: not recorded"
            );
            Ok(())
        }
        Err(ApplyError::Database(error)) => Err(error),
        Err(error) => {
            note::<O>(performer, call, Signal::Alive, "").await?;
            failed::<O>(performer, call, None, dead(error.to_string())).await
        }
    }
}

/// The effect of the answer and the end of the call, in one transaction; and whether the upstream was in doubt, so that
/// its answer is worth noting. `None`: the lease is lost, nothing written.
async fn record_success<O: Operation>(
    performer: &Performer<'_>,
    call: &Call,
    operation: &O,
    request: &O::Request,
    answer: &O::Answer,
) -> Result<Option<(Applied, bool)>, ApplyError> {
    let context = performer.context;
    let mut tx = performer.pool.begin().await?;
    if !settle::fence(&mut tx, call, context.daemon_id).await? {
        return Ok(None);
    }
    kill::point("apply.before");
    let applied = operation.apply(&mut tx, context, request, answer).await?;
    kill::point("apply.written");
    let applied = Applied {
        asked: true,
        answer: match applied.answer {
            Some(answer) => Some(answer).filter(|_| call.keeps_answer),
            None => keep(call, O::CLASS, answer),
        },
        ..applied
    };
    let in_trouble = standing::is_in_trouble(&mut tx, O::UPSTREAM).await?;
    settle::done(&mut tx, context, call, &applied).await?;
    kill::point("done.before");
    tx.commit().await?;
    kill::point("done.committed");
    Ok(Some((applied, in_trouble)))
}

/// The answer, where somebody wants to see it or may have to.
fn keep(call: &Call, class: Class, answer: &impl serde::Serialize) -> Option<Value> {
    if !call.keeps_answer && class != Class::Guarded {
        return None;
    }
    match serde_json::to_value(answer).ok()? {
        // Where an answer may be a refusal too, the answer itself is what people want to see.
        Value::Object(mut either) if either.len() == 1 && either.contains_key("Ok") => either.remove("Ok"),
        answer => Some(answer),
    }
}

pub(super) async fn finish_without_request<O: Operation>(
    performer: &Performer<'_>,
    call: &Call,
    applied: &Applied,
) -> sqlx::Result<()> {
    let mut tx = performer.pool.begin().await?;
    if settle::fence(&mut tx, call, performer.context.daemon_id).await? {
        settle::done(&mut tx, performer.context, call, applied).await?;
        kill::point("unsent.before");
        tx.commit().await?;
        kill::point("unsent.committed");
        count::<O>(performer, call, "done");
    }
    Ok(())
}

pub(super) fn dead(words: String) -> Failure {
    later(Outcome::Dead, &words, None)
}

/// What follows without a fault of the upstream's.
pub(super) fn later(outcome: Outcome, words: &str, read_back: Option<NewCall>) -> Failure {
    Failure {
        outcome,
        words: words.to_owned(),
        http_status: None,
        read_back,
        counts: true,
        answer: None,
    }
}

/// Nothing was sent, so the call is made again like one whose connection was refused.
pub(super) fn unsent(context: &Context, call: &Call, words: String) -> Failure {
    let policy = Policy::from(&context.settings.queue);
    let failures = u32::try_from(call.failures).unwrap_or_default();
    let fault = Fault::NotSent(words);
    Failure {
        outcome: decide(
            Class::Read,
            ReadBack::Never,
            &fault,
            failures + 1,
            &policy,
            fastrand::f64(),
        ),
        words: fault.to_string(),
        http_status: None,
        read_back: None,
        counts: true,
        answer: None,
    }
}

pub(super) async fn failed<O: Operation>(
    performer: &Performer<'_>,
    call: &Call,
    fault: Option<&Fault>,
    failure: Failure,
) -> sqlx::Result<()> {
    let record = || settle::failed(performer.pool, performer.context, call, &failure);
    let recorded = repeated(performer, record).await?;
    if !recorded {
        tracing::warn!(
            call = call.id,
            operation = O::NAME,
            "the lease had run out: the failure is not recorded"
        );
        return Ok(());
    }
    count::<O>(performer, call, failure.outcome.word());
    // An upstream that is left alone has had its alert.
    if matches!(failure.outcome, Outcome::Pause(_) | Outcome::Look(_)) {
        tracing::debug!(upstream = %O::UPSTREAM, operation = O::NAME, call = call.id, attempt = call.attempt, "{}", failure.words);
        return Ok(());
    }
    let (what_next, harm) = describe(&failure.outcome, O::CLASS);
    let why = fault.map_or_else(|| failure.words.clone(), ToString::to_string);
    if harm {
        tracing::error!(upstream = %O::UPSTREAM, operation = O::NAME, call = call.id, run = call.run_id, attempt = call.attempt, why, "call failed: {what_next}");
    } else {
        tracing::warn!(upstream = %O::UPSTREAM, operation = O::NAME, call = call.id, run = call.run_id, attempt = call.attempt, why, "call failed: {what_next}");
    }
    Ok(())
}

/// For metrics and traces: an attempt whose end has been recorded, and the whole call where that is over with it.
pub(super) fn count<O: Operation>(performer: &Performer<'_>, call: &Call, outcome: &'static str) {
    let is_over = matches!(outcome, "done" | "dead");
    let since_asked =
        is_over.then(|| Duration::try_from_secs_f64(call.age).unwrap_or_default() + performer.began.elapsed());
    metrics::own().attempted(O::UPSTREAM, O::NAME, outcome, since_asked);
    trace::attempted(call, O::UPSTREAM, outcome, since_asked);
}

/// What the daemon does next and what the admin can do, and whether a person is needed.
fn describe(outcome: &Outcome, class: Class) -> (String, bool) {
    match outcome {
        Outcome::Retry(wait) => (format!("it is made again in {}", in_words(*wait)), false),
        Outcome::Pause(wait) => (format!("it waits with its upstream for {}", in_words(*wait)), false),
        Outcome::Unknown(_) if class == Class::Guarded => {
            ("whether it happened is looked up upstream first".into(), true)
        }
        Outcome::Unknown(_) => (
            "what the upstream holds is read first, then only what still differs is sent".into(),
            false,
        ),
        Outcome::Look(_) => ("what the upstream holds is read".into(), false),
        Outcome::Quarantined => (
            "it is quarantined until a person decides; see: sverka queue list --state quarantined".into(),
            true,
        ),
        Outcome::Dead => (
            "it is not made again by itself; see: sverka queue list --state dead".into(),
            true,
        ),
    }
}

/// A step in the database, each try bounded, repeated while the database is at fault.
pub(super) async fn repeated<T, E: Passing, F: Future<Output = Result<T, E>>>(
    performer: &Performer<'_>,
    step: impl FnMut() -> F,
) -> Result<T, E> {
    let statement = performer.context.settings.database.statement_timeout;
    Box::pin(passing::repeated(performer.vital, statement, step)).await
}
