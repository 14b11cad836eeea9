//! Runs of jobs: requested ([`request`]), one after the other in their lane, through their stages, to their end.
//!
//! A run needs no process of its own: whoever ends its last gating call fills the next stage in the same transaction.
//! A killed daemon therefore loses no run, and several daemons share one.

pub(crate) mod history;
mod lane;
mod request;
mod stage;

use sqlx::PgPool;

use crate::context::Context;

pub use lane::start_next;
pub(crate) use request::request_plan;
pub use request::{Requested, Trigger, request, request_by, request_in};
pub use stage::{Progress, Stand, progress};

/// The backstop, called at every poll: starts what could start and moves on what stands still.
pub async fn tick(pool: &PgPool, context: &Context) -> sqlx::Result<()> {
    let lanes: Vec<String> = sqlx::query_scalar("SELECT DISTINCT lane FROM queue.run WHERE state = 'queued'")
        .fetch_all(pool)
        .await?;
    for lane in lanes {
        let mut tx = pool.begin().await?;
        lane::start_next(&mut tx, context, &lane).await?;
        tx.commit().await?;
    }
    let idle: Vec<i64> = sqlx::query_scalar("SELECT id FROM queue.run WHERE state = 'running' AND gate_calls <= 0")
        .fetch_all(pool)
        .await?;
    for run_id in idle {
        let mut tx = pool.begin().await?;
        stage::go_on(&mut tx, context, run_id).await?;
        tx.commit().await?;
    }
    Ok(())
}
