//! One upstream's loop: claims as many calls as there are free places and the rate lets, and performs them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{SLEEP_MAX, Shared};
use crate::context::Context;
use crate::db::deadline::{ORDINARY, within};
use crate::db::passing::Passing;
use crate::kill;
use crate::metrics;
use crate::operation::{Performer, perform};
use crate::provoke;
use crate::queue::{Call, claim, settle};
use crate::upstream::Upstream;

/// A request begins only while the lease holds for at least so long.
const LEASE_MARGIN: Duration = Duration::from_secs(2);

/// What a claim has set going.
#[derive(Default)]
struct Started {
    calls: usize,
    /// The rate limit lets no more begin before so long.
    free_in: Option<Duration>,
}

/// How long to leave an upstream alone.
enum Wait {
    /// As the rate limit says.
    Exactly(Duration),
    /// Until the next call falls due, or so long.
    AtMost(Duration),
}

impl Shared {
    /// One upstream: claim as many calls as there are free places, perform them, again.
    pub(super) async fn serve(self: Arc<Self>, upstream: Upstream, stop: CancellationToken) {
        let settings = &self.context.borrow().settings.queue.clone();
        let concurrency = settings.manners(upstream).concurrency;
        let places = Arc::new(Semaphore::new(concurrency));
        tokio::select! {
            () = stop.cancelled() => return,
            () = self.is_known.cancelled() => {}
        }
        while !stop.is_cancelled() {
            let woken = self.wake.notified();
            tokio::pin!(woken);
            // Registered before looking: a call enqueued in between is not missed.
            woken.as_mut().enable();
            let free = places.available_permits();
            let claimed = if free == 0 {
                Ok(Started::default())
            } else {
                self.claim_and_start(upstream, free, &places).await
            };
            let wait = match claimed {
                // The rate limit stopped it: there may be more.
                Ok(Started {
                    free_in: Some(wait), ..
                }) => Wait::Exactly(wait),
                // A full batch: there may be more.
                Ok(Started { calls, .. }) if calls > 0 && calls == free && free < concurrency => continue,
                Ok(_) => Wait::AtMost(self.context.borrow().settings.queue.poll),
                Err(error) => {
                    tracing::warn!(%upstream, %error, "the queue cannot be read; trying again");
                    Wait::AtMost(Duration::from_secs(1))
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = woken => {}
                // A place became free.
                _ = places.acquire(), if free == 0 => {}
                () = self.rest(upstream, wait) => {}
            }
        }
    }

    /// Sleeps until the next call of the upstream may be claimed.
    async fn rest(&self, upstream: Upstream, wait: Wait) {
        match wait {
            Wait::Exactly(wait) => tokio::time::sleep(wait).await,
            Wait::AtMost(wait) => self.next_due(upstream, wait).await,
        }
    }

    /// Sleeps until the next call of the upstream falls due, at most for `wait`.
    async fn next_due(&self, upstream: Upstream, wait: Duration) {
        let due = within(ORDINARY, claim::next_due(&self.pool, upstream.as_str())).await;
        let due = due.ok().flatten();
        tokio::time::sleep(due.map_or(wait, |due| due.min(wait)).min(SLEEP_MAX)).await;
    }

    async fn claim_and_start(
        self: &Arc<Self>,
        upstream: Upstream,
        limit: usize,
        places: &Arc<Semaphore>,
    ) -> sqlx::Result<Started> {
        let context = self.context.borrow().clone();
        if !context.serves(upstream) {
            return Ok(Started::default());
        }
        let claimed_at = Instant::now();
        let lease = context.settings.queue.lease;
        let rate = context.settings.queue.manners(upstream).rate;
        let floor = self.floors().get(&upstream).cloned().unwrap_or_default();
        let claimed = claim::claim_within(
            &self.pool,
            upstream.as_str(),
            limit,
            self.daemon_id,
            lease,
            rate,
            &floor,
        );
        let claim::Claimed { calls, free_in } = within(ORDINARY, claimed).await?;
        if !calls.is_empty() && !self.is_same().await? {
            // Not to be believed: they are given back, and the heartbeat finds out what has happened.
            within(ORDINARY, claim::release(&self.pool, self.daemon_id)).await?;
            return Ok(Started::default());
        }
        let count = calls.len();
        for call in calls {
            kill::about("claim.committed", &call.operation);
            let Ok(place) = places.clone().try_acquire_owned() else {
                break;
            };
            self.in_flight().insert((call.id, call.attempt), claimed_at);
            let (shared, context) = (self.clone(), context.clone());
            self.calls.spawn(async move {
                // Let go in whatever way it ends: a call whose task panicked must lose its lease.
                let held = Held::take(&shared, upstream, &call);
                let work = async {
                    provoke::at(&call.operation);
                    shared.perform(&context, &call).await;
                };
                if AssertUnwindSafe(work).catch_unwind().await.is_err() {
                    shared.give_up(&call, "the worker panicked over it; see the log").await;
                }
                drop((held, place));
            });
        }
        Ok(Started { calls: count, free_in })
    }

    async fn perform(&self, context: &Context, call: &Call) {
        let lease = context.settings.queue.lease;
        // A heartbeat alone proves nothing: while we stood still somebody may have taken this very call.
        let lease_is_safe = || {
            let held = self.in_flight().get(&(call.id, call.attempt)).copied();
            held.is_some_and(|held| held.elapsed() + LEASE_MARGIN < lease)
        };
        let is_current = || std::ptr::eq(Arc::as_ptr(&self.context.borrow()), context);
        let performer = Performer {
            pool: &self.pool,
            vital: &self.vital,
            context,
            began: Instant::now(),
            lease_is_safe: &lease_is_safe,
            is_current: &is_current,
        };
        if let Err(error) = kill::within(call, perform(&performer, call)).await {
            tracing::error!(
                call = call.id, operation = call.operation, %error,
                "the end of a call could not be recorded; its lease runs out and it is looked at again"
            );
            // What the database will not take a second time either must not come back for ever.
            if !error.is_passing() {
                self.give_up(call, &format!("its end could not be recorded: {error}"))
                    .await;
            }
        }
    }

    /// Counts the attempt as if the worker had died over it.
    async fn give_up(&self, call: &Call, words: &str) {
        let note = settle::came_to_nothing(&self.pool, call, words);
        if let Err(error) = within(ORDINARY, note).await {
            tracing::warn!(call = call.id, %error, "that an attempt came to nothing could not be written down");
        }
    }
}

/// A call in this process's hands.
struct Held<'a> {
    shared: &'a Shared,
    call: (i64, i32),
    upstream: Upstream,
}

impl<'a> Held<'a> {
    fn take(shared: &'a Shared, upstream: Upstream, call: &Call) -> Self {
        metrics::own().in_flight(upstream).inc();
        Self {
            shared,
            call: (call.id, call.attempt),
            upstream,
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.shared.in_flight().remove(&self.call);
        metrics::own().in_flight(self.upstream).dec();
    }
}
