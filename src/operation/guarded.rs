//! Calls that are looked up upstream before they are sent, and after their answer was lost: whether one goes out now, and
//! how it ends when the upstream's own state shows that it is done. [`guard::step`] decides; `perform` is the only caller.

use std::time::Duration;

use super::perform::Performer;
use super::record::{count, dead, failed, later, repeated};
use super::{Applied, Look, Operation};
use crate::kill;
use crate::queue::enqueue::NewCall;
use crate::queue::guard::{self, Manner, Sight, Stand, Step};
use crate::queue::outcome::Outcome;
use crate::queue::{Call, settle};

/// For so long at least what the upstream held counts as its present state.
const FRESH: Duration = Duration::from_secs(10);

/// Decides by what the upstream holds whether the request is made now. False: the call has been settled otherwise.
pub(super) async fn goes_out<O: Operation>(
    performer: &Performer<'_>,
    call: &Call,
    operation: &O,
) -> sqlx::Result<bool> {
    let context = performer.context;
    let seen = Look {
        answer: call.look.as_ref(),
        sent: call.intent_age.is_some(),
    };
    let second_look = context.timeout(O::UPSTREAM);
    // Before anything was sent only a fresh look counts: the call may have waited since, and somebody have acted.
    let fresh = second_look.max(FRESH).as_secs_f64();
    let stale = !seen.sent && call.look_age.is_none_or(|age| age > fresh);
    let looks = if stale { 0 } else { call.looks };
    let sight = if looks > 0 {
        repeated(performer, || operation.sight(performer.pool, &seen)).await?
    } else {
        Sight::Absent
    };
    let stand = Stand {
        sent: call.intent_age.map(|age| Duration::from_secs_f64(age.max(0.0))),
        resent: call.resent,
        looks,
        exhausted: u32::try_from(call.failures).unwrap_or_default() >= context.settings.queue.max_attempts,
    };
    let manner = Manner {
        looks_first: true,
        resends: O::RESENDS,
        second_look,
        quiet: context.settings.queue.quiet_window,
    };
    match guard::step(stand, manner, sight) {
        Step::Send => return Ok(true),
        Step::Look(after) => {
            let failure = later(
                Outcome::Look(after),
                "what the upstream holds is read first",
                look(operation, call),
            );
            failed::<O>(performer, call, None, failure).await?;
        }
        Step::Finish(words) => {
            let record = || finish(performer, call, operation, &seen, &words);
            repeated(performer, record).await?;
        }
        Step::Refuse(words) => failed::<O>(performer, call, None, dead(words)).await?,
        Step::Quarantine(words) => {
            failed::<O>(performer, call, None, later(Outcome::Quarantined, &words, None)).await?;
        }
    }
    Ok(false)
}

/// The read-back of a call that must not be repeated is one of its own: another's may have been asked before.
pub(super) fn look<O: Operation>(operation: &O, call: &Call) -> Option<NewCall> {
    let read = operation.read_back()?;
    Some(if operation.looks_first() {
        NewCall {
            key: format!("look:{}:{}", call.id, call.attempt),
            keeps_answer: true,
            ..read
        }
    } else {
        read
    })
}

/// The upstream's own state shows that it is done.
async fn finish<O: Operation>(
    performer: &Performer<'_>,
    call: &Call,
    operation: &O,
    seen: &Look<'_>,
    words: &str,
) -> sqlx::Result<()> {
    let mut tx = performer.pool.begin().await?;
    if settle::fence(&mut tx, call, performer.context.daemon_id).await? {
        let finished = operation.finished(&mut tx, performer.context, seen).await?;
        let applied = Applied {
            pushed: i64::from(seen.sent),
            note: Some(words.to_owned()),
            answer: call.look.clone().filter(|_| call.keeps_answer),
            ..finished
        };
        settle::done(&mut tx, performer.context, call, &applied).await?;
        kill::point("finished.before");
        tx.commit().await?;
        kill::point("finished.committed");
        count::<O>(performer, call, "done");
    }
    Ok(())
}
