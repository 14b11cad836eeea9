//! What an upstream holds of a quarantined call's effect, read anew because a person wants to decide about it.
//!
//! The read is a call of the queue like any other. `sverka queue retry` waits for it; the page asks for it and shows it
//! when it is there.

use sqlx::PgPool;

use super::enqueue::{NewCall, enqueue_or_find};
use super::look::{self, CallRow};
use super::{Priority, audit};
use crate::context::Context;
use crate::operation::{self, Entry};

/// The read that shows whether a quarantined call has happened. `None`: it is not quarantined, nothing shows it, or its
/// upstream is not configured.
pub fn read_of(context: &Context, call: &CallRow) -> Option<(&'static Entry, NewCall)> {
    if call.state != "quarantined" {
        return None;
    }
    let read = operation::entry(&call.operation)?.read_back(&call.args)?;
    let entry = operation::entry(read.operation)?;
    context.serves(entry.upstream).then_some((entry, read))
}

/// Asks for that read; its answer is found with the call. Asked for twice, it is made once. False: there is nothing to ask.
pub async fn ask(pool: &PgPool, context: &Context, id: i64, who: &str) -> sqlx::Result<bool> {
    let Some((call, _)) = look::call(pool, id).await? else {
        return Ok(false);
    };
    let Some((_, read)) = read_of(context, &call) else {
        return Ok(false);
    };
    let read = NewCall {
        key: format!("look:{id}:page"),
        keeps_answer: true,
        priority: Priority::Urgent,
        gating: false,
        ..read
    };
    let mut tx = pool.begin().await?;
    let look = enqueue_or_find(&mut tx, &read).await?;
    let kept = sqlx::query("UPDATE queue.call SET look_id = $2 WHERE id = $1 AND state = 'quarantined'")
        .bind(id)
        .bind(look)
        .execute(&mut *tx)
        .await?;
    if kept.rows_affected() == 0 {
        return Ok(false);
    }
    audit::record(&mut tx, who, "queue look", Some(id), None).await?;
    tx.commit().await?;
    Ok(true)
}
