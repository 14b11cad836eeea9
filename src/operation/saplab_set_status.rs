//! Saplab `orders.set_status` (panel document, /panel/order/set_status/$ID): the ERP's status of one position.
//!
//! Setting a status may send the customer an SMS or an e-mail. So it is not sent when it is set already, and after an
//! answer that did not come the position is read first.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::saplab_orders::ListPositions;
use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up};
use crate::context::Context;
use crate::diff::difference::Difference;
use crate::mirror;
use crate::plan;
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::{Fault, Upstream};

/// Sets the status that the ERP wants by now, or a certain one.
#[derive(Debug, Serialize, Deserialize)]
pub struct SetStatus {
    /// The position's id.
    pub position: i64,
    /// The shop's id of the status; `None` = what the ERP wants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// Only while the position still is as this plan shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<i64>,
}

/// What a look at the position shows.
#[derive(Deserialize)]
struct Shown {
    positions: Vec<ShownPosition>,
}

#[derive(Deserialize)]
struct ShownPosition {
    id: i64,
    status_id: Option<i64>,
}

impl Operation for SetStatus {
    const NAME: &'static str = "saplab.orders.set_status";
    const ABOUT: &'static str = "Set a position's status (POST /panel/order/set_status/$ID)";
    const ARGS: &'static [Arg] = &[
        Arg::required("position", Kind::Integer, "The position's id"),
        Arg::new(
            "status",
            Kind::Integer,
            "The shop's id of the status; without it, the status that the ERP wants",
        ),
    ];
    const CONSEQUENCE: Option<&'static str> = Some("changes a customer's order, and may send an SMS or an e-mail");
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Idempotent;
    const PRIORITY: Priority = Priority::High;
    const READ_BACK: ReadBack = ReadBack::WhenInDoubt;
    /// The id of the wanted status.
    type Request = i64;
    /// `Err`: Saplab's own words, refusing.
    type Answer = Result<(), String>;

    async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<i64>> {
        if self.status.is_some() {
            return Ok(self.status);
        }
        let sql = format!(
            "SELECT new_status_id FROM diff.order_status d
              WHERE saplab_id = $1 AND new_status_id IS NOT NULL AND {}",
            plan::shown_by(self.plan, Difference::Status, "$2")
        );
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(self.position)
            .bind(self.plan)
            .fetch_optional(pool)
            .await
    }

    async fn send(&self, context: &Context, status: &i64) -> Result<Self::Answer, Fault> {
        match saplab(context)?.set_status(self.position, *status).await {
            Err(Fault::Refused { words, .. }) => Ok(Err(words)),
            answered => answered.map(Ok),
        }
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        status: &i64,
        answer: &Self::Answer,
    ) -> Result<Applied, ApplyError> {
        close_refusal(tx, self.position).await?;
        match answer {
            Ok(()) => {
                mirror::saplab::set_status(tx, self.position, *status).await?;
                plan::settle::done(tx, self.plan, Difference::Status, None, &[self.position.to_string()]).await?;
                Ok(Applied {
                    pushed: 1,
                    ..Applied::default()
                })
            }
            Err(words) => {
                put_aside(tx, self.position, *status, words).await?;
                Ok(Applied {
                    refused: 1,
                    note: Some(words.clone()),
                    ..Applied::default()
                })
            }
        }
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&ListPositions::one(self.position))
    }

    /// What the ERP wants was compared with a list that has just been read; what a person asks for was not.
    fn looks_first(&self) -> bool {
        self.status.is_some()
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        let shown = look.read::<Shown>().map(|shown| shown.positions).unwrap_or_default();
        Ok(match shown.iter().find(|position| position.id == self.position) {
            None => Sight::Doubt(format!("Saplab does not show position {}", self.position)),
            Some(position) if position.status_id == self.status => Sight::Done("the status is set already".into()),
            Some(_) => Sight::Absent,
        })
    }
}

/// Enqueues what `diff.order_status` shows and nothing holds: a call for each position. Returns how many.
pub(crate) async fn enqueue_differing(tx: &mut PgConnection, run_id: i64, position: Option<&str>) -> sqlx::Result<u64> {
    let enqueued = sqlx::query(
        "INSERT INTO queue.call (run_id, upstream, operation, args, class, priority)
         SELECT $1, 'saplab', 'saplab.orders.set_status', jsonb_build_object('position', saplab_id), 'idempotent', 1
           FROM diff.order_status
          WHERE held IS NULL AND ($2::text IS NULL OR saplab_id::text = $2)
          ORDER BY saplab_id
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown') DO NOTHING",
    )
    .bind(run_id)
    .bind(position)
    .execute(tx)
    .await?;
    Ok(enqueued.rows_affected())
}

/// Enqueues what a plan shows, under the intent of the job's own calls: of one position one is under way at a time.
pub(crate) async fn enqueue_planned(tx: &mut PgConnection, run_id: i64, plan: i64) -> sqlx::Result<u64> {
    let sql = format!(
        "INSERT INTO queue.call (run_id, upstream, operation, args, key, class, priority)
         SELECT $1, 'saplab', 'saplab.orders.set_status', jsonb_build_object('position', saplab_id, 'plan', $2::bigint),
                'saplab.orders.set_status ' || jsonb_build_object('position', saplab_id)::text, 'idempotent', 1
           FROM diff.order_status d
          WHERE held IS NULL AND {}
          ORDER BY saplab_id
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown') DO NOTHING",
        plan::shown(Difference::Status, "$2")
    );
    let enqueued = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(run_id)
        .bind(plan)
        .execute(tx)
        .await?;
    Ok(enqueued.rows_affected())
}

/// A refused status is put aside as a dead call, which `diff.order_status` looks for, until the ERP wants another.
async fn put_aside(tx: &mut PgConnection, position: i64, status: i64, words: &str) -> sqlx::Result<()> {
    tracing::warn!(
        position,
        status,
        words,
        "Saplab refused a status; it is put aside until the ERP changes it (sverka queue list --state dead)"
    );
    sqlx::query(
        "INSERT INTO queue.call (upstream, operation, args, key, class, priority, gating, state, ended_at, reason)
         VALUES ('saplab', 'saplab.orders.set_status', $1, 'saplab.order_status:' || $2::bigint, 'idempotent', 1, false, 'dead',
                 now(), $3)",
    )
    .bind(json!({ "position": position, "refused": status }))
    .bind(position)
    .bind(words)
    .execute(tx)
    .await?;
    Ok(())
}

async fn close_refusal(tx: &mut PgConnection, position: i64) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE queue.call SET state = 'cancelled', ended_at = now()
          WHERE state = 'dead' AND key = 'saplab.order_status:' || $1::bigint",
    )
    .bind(position)
    .execute(tx)
    .await?;
    Ok(())
}
