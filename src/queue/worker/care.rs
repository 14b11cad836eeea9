//! What keeps the work alive: the heartbeat, the rescue of what dead workers left, runs that stand still, and whether the
//! database is still the one that we know.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::context::Context;
use crate::db::deadline::{ORDINARY, patiently, within};
use crate::db::passing;
use crate::metrics;
use crate::provoke;
use crate::queue::alive::{self, Mark};
use crate::queue::generation::{Generation, Stand};
use crate::queue::{claim, presence, restore, run};
use crate::upstream::Upstream;

/// How often the worker looks where claims may begin.
const FLOORS: Duration = Duration::from_secs(2);

impl Shared {
    /// The heartbeat: prolongs leases. It waits for nothing else.
    pub(super) async fn keep_alive(self: Arc<Self>, end: CancellationToken) {
        loop {
            provoke::at("heartbeat");
            let lease = self.context.borrow().settings.queue.lease;
            if let Err(error) = within(ORDINARY.min(lease / 2), self.beat(lease)).await {
                tracing::warn!(%error, "the heartbeat did not reach the database");
            }
            if self.pause(&end).await {
                return;
            }
        }
    }

    async fn beat(&self, lease: Duration) -> sqlx::Result<()> {
        let sent = Instant::now();
        let calls: Vec<i64> = self.in_flight().keys().map(|(call, _)| *call).collect();
        let held = claim::heartbeat(&self.vital, self.daemon_id, &calls, lease).await?;
        for call in held {
            if let Some(known) = self.in_flight().get_mut(&call) {
                *known = sent;
            }
        }
        let sent = sent.duration_since(self.born).as_millis();
        self.beat
            .store(u64::try_from(sent).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(())
    }

    /// Looks at the database itself, rescues what workers left, moves runs that stand still.
    pub(super) async fn look_after(self: Arc<Self>, end: CancellationToken) {
        loop {
            let context = self.context.borrow().clone();
            let limit = context.settings.database.statement_timeout * 5;
            if let Err(error) = patiently(&self.vital, limit, self.move_on(&context)).await {
                tracing::warn!(%error, "what stands still in the queue could not be moved on; trying again");
            }
            if self.pause(&end).await {
                return;
            }
        }
    }

    async fn move_on(&self, context: &Context) -> sqlx::Result<()> {
        self.look_at_the_database(context).await?;
        // After a silence of the database our own calls are prolonged first.
        if self.since_beat() >= context.settings.queue.lease {
            return Ok(());
        }
        alive::bury(&self.pool, &context.settings.data_dir, self.daemon_id).await?;
        let rescued = claim::rescue(&self.pool).await?;
        if rescued > 0 {
            metrics::own().rescued(rescued);
            tracing::warn!(calls = rescued, "took over calls that nobody worked on any more");
        }
        if rescued + claim::unblock(&self.pool).await? > 0 {
            self.wake.notify_waiters();
        }
        restore::tick(&self.pool, context).await?;
        run::tick(&self.pool, context).await
    }

    /// Whether it is the database that we know; the first answer lets the claiming begin.
    async fn look_at_the_database(&self, context: &Context) -> sqlx::Result<()> {
        let folder = &context.settings.data_dir;
        let open = || Generation::open(&self.pool, folder);
        let generation = self.generation.get_or_try_init(open).await?;
        if let Stand::Other(why) = generation.check(&self.pool).await? {
            restore::begin(&self.pool, context, generation, &why).await?;
        }
        self.is_known.cancel();
        let make = async || {
            let made = Mark::make(folder);
            made.inspect_err(
                |error| tracing::debug!(%error, "no proof of life can be kept in data_dir; the lease decides"),
            )
            .ok()
        };
        if let Some(mark) = self.mark.get_or_init(make).await {
            mark.publish(&self.pool, self.daemon_id).await?;
        }
        Ok(())
    }

    /// Whether what was just claimed comes from the database that we know, and not from a backup in its place.
    pub(super) async fn is_same(&self) -> sqlx::Result<bool> {
        let Some(generation) = self.generation.get() else {
            return Ok(false);
        };
        let statement_timeout = self.context.borrow().settings.database.statement_timeout;
        passing::repeated(&self.vital, statement_timeout, || generation.holds(&self.pool)).await
    }

    /// Looks where claims may begin.
    pub(super) async fn find_floors(self: Arc<Self>, end: CancellationToken) {
        loop {
            for upstream in Upstream::ALL {
                let mut floor = self.floors().get(&upstream).cloned().unwrap_or_default();
                if let Err(error) = within(ORDINARY, floor.look(&self.pool, upstream.as_str())).await {
                    tracing::debug!(%upstream, %error, "where claims may begin is not known; they begin where they did");
                    continue;
                }
                self.floors().insert(upstream, floor);
            }
            tokio::select! {
                () = end.cancelled() => return,
                () = tokio::time::sleep(FLOORS) => {}
            }
        }
    }

    /// Until the next beat; true at the end.
    async fn pause(&self, end: &CancellationToken) -> bool {
        let (lease, poll) = {
            let queue = &self.context.borrow().settings.queue;
            (queue.lease, queue.poll)
        };
        tokio::select! {
            () = end.cancelled() => true,
            () = tokio::time::sleep((lease / 6).min(poll).min(presence::SILENCE / 3)) => false,
        }
    }
}
