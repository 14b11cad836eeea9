//! The worker: claims due calls of each upstream up to its concurrency, performs them, keeps their leases alive.
//!
//! One loop for each upstream (`serve`), so that a slow one never holds up another; one for the heartbeat, on a connection
//! of its own, and one that rescues what dead workers left and moves runs that stand still (`care`). No loop waits for the
//! database without an end.

mod care;
mod serve;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::{Notify, OnceCell, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::alive::Mark;
use super::floor::Floor;
use super::generation::Generation;
use super::{claim, presence, wake};
use crate::context::Context;
use crate::db::deadline::{ORDINARY, within};
use crate::db::reserved;
use crate::upstream::Upstream;

/// However long a wait was meant to be, everybody looks again after this: the clock may have jumped, or the host slept.
pub(super) const SLEEP_MAX: Duration = Duration::from_secs(30);

/// Works on the queue of one database.
pub struct Worker {
    shared: Arc<Shared>,
    /// Claim and start calls, one loop for each upstream.
    claiming: JoinSet<()>,
    /// Listening, the heartbeat, and what is looked after.
    loops: JoinSet<()>,
    /// All of them, to see whether one has died.
    handles: Vec<AbortHandle>,
    /// Claims no more, once cancelled.
    stop: CancellationToken,
    /// Ends the heartbeat, once cancelled; after the last call.
    end: CancellationToken,
}

struct Shared {
    pool: PgPool,
    /// The heartbeat's own connection: it must not wait for a free one.
    vital: PgPool,
    context: watch::Receiver<Arc<Context>>,
    daemon_id: i64,
    wake: Arc<Notify>,
    /// Each call and its attempt, and when it was last asked for with the answer that its lease is ours.
    in_flight: Mutex<HashMap<(i64, i32), Instant>>,
    floors: Mutex<HashMap<Upstream, Floor>>,
    /// Whether the database is the one that we know; nothing is claimed before it has been asked.
    generation: OnceCell<Generation>,
    is_known: CancellationToken,
    /// Proves to others of this folder that we live; without a folder to write, only the lease does.
    mark: OnceCell<Option<Mark>>,
    calls: TaskTracker,
    born: Instant,
    /// Milliseconds after `born` at which the last heartbeat was sent that succeeded.
    beat: AtomicU64,
}

impl Worker {
    /// Starts working. The context may be replaced at any time; each call uses the one of its claim.
    pub fn start(pool: PgPool, context: watch::Receiver<Arc<Context>>, daemon_id: i64) -> Self {
        let shared = Arc::new(Shared {
            vital: reserved(&pool),
            pool,
            context,
            daemon_id,
            wake: Arc::new(Notify::new()),
            in_flight: Mutex::default(),
            floors: Mutex::default(),
            generation: OnceCell::new(),
            is_known: CancellationToken::new(),
            mark: OnceCell::new(),
            calls: TaskTracker::new(),
            born: Instant::now(),
            beat: AtomicU64::new(0),
        });
        let (stop, end) = (CancellationToken::new(), CancellationToken::new());
        let (mut loops, mut handles) = (JoinSet::new(), Vec::new());
        let poll = shared.context.borrow().settings.queue.poll;
        handles.push(loops.spawn(wake::listen(
            shared.pool.clone(),
            shared.wake.clone(),
            poll,
            end.clone(),
        )));
        handles.push(loops.spawn(shared.clone().keep_alive(end.clone())));
        handles.push(loops.spawn(shared.clone().look_after(end.clone())));
        handles.push(loops.spawn(shared.clone().find_floors(end.clone())));
        let mut claiming = JoinSet::new();
        for upstream in Upstream::ALL {
            handles.push(claiming.spawn(shared.clone().serve(upstream, stop.clone())));
        }
        Self {
            shared,
            claiming,
            loops,
            handles,
            stop,
            end,
        }
    }

    /// Whether the worker's own loops are alive and its heartbeat reaches the database.
    pub fn is_alive(&self) -> bool {
        let lease = self.shared.context.borrow().settings.queue.lease;
        !self.handles.iter().any(AbortHandle::is_finished) && self.shared.since_beat() < lease.max(presence::SILENCE)
    }

    /// Whether one of the worker's own loops has died, which none does by itself.
    pub fn has_died(&self) -> bool {
        !self.stop.is_cancelled() && self.handles.iter().any(AbortHandle::is_finished)
    }

    /// How many calls are under way here.
    pub fn in_flight(&self) -> usize {
        self.shared.calls.len()
    }

    /// Claims no more, lets what is under way finish within `grace`, then gives back the rest. What may have been sent
    /// and must not be repeated is looked up by whoever takes it.
    pub async fn stop(mut self, grace: Duration) -> sqlx::Result<()> {
        self.stop.cancel();
        self.shared.wake.notify_waiters();
        let (claiming, calls) = (&mut self.claiming, &self.shared.calls);
        let finish = async {
            // A claim that is cut off may still be carried out by the server, after we gave back what we held: its calls
            // would be nobody's until their leases end.
            while claiming.join_next().await.is_some() {}
            calls.close();
            calls.wait().await;
        };
        if tokio::time::timeout(grace, finish).await.is_err() {
            tracing::warn!(
                calls = self.in_flight(),
                "calls under way did not finish within the grace period; they go back to the queue"
            );
        }
        self.end.cancel();
        self.claiming.abort_all();
        while self.claiming.join_next().await.is_some() {}
        self.loops.abort_all();
        while self.loops.join_next().await.is_some() {}
        let (pool, id) = (&self.shared.pool, self.shared.daemon_id);
        within(ORDINARY, claim::release(pool, id)).await?;
        within(ORDINARY, presence::leave(pool, id)).await
    }
}

impl Shared {
    fn floors(&self) -> MutexGuard<'_, HashMap<Upstream, Floor>> {
        self.floors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn since_beat(&self) -> Duration {
        self.born
            .elapsed()
            .saturating_sub(Duration::from_millis(self.beat.load(Ordering::Relaxed)))
    }

    fn in_flight(&self) -> MutexGuard<'_, HashMap<(i64, i32), Instant>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
