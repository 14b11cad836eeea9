//! The worker: claims due calls of each upstream up to its concurrency, performs them, keeps their leases alive.
//!
//! One loop for each upstream, so that a slow one never holds up another; one for the heartbeat, on a connection of its
//! own; one that rescues what dead workers left and moves runs that stand still. No loop waits for the database without
//! an end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::{Notify, OnceCell, Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::alive::{self, Mark};
use super::floor::Floor;
use super::generation::{Generation, Stand};
use super::{Call, claim, presence, restore, run, wake};
use crate::context::Context;
use crate::db::deadline::{ORDINARY, patiently, within};
use crate::db::{passing, reserved};
use crate::kill;
use crate::operation::{Performer, perform};
use crate::provoke;
use crate::upstream::Upstream;

/// A request begins only while the lease holds for at least so long.
const LEASE_MARGIN: Duration = Duration::from_secs(2);

/// However long a wait was meant to be, everybody looks again after this: the clock may have jumped, or the host slept.
pub(super) const SLEEP_MAX: Duration = Duration::from_secs(30);
/// How often the worker looks where claims may begin.
const FLOORS: Duration = Duration::from_secs(2);

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
    /// One upstream: claim as many calls as there are free places, perform them, again.
    async fn serve(self: Arc<Self>, upstream: Upstream, stop: CancellationToken) {
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
                let held = Held(&shared, (call.id, call.attempt));
                provoke::at(&call.operation);
                shared.perform(&context, &call).await;
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
            lease_is_safe: &lease_is_safe,
            is_current: &is_current,
        };
        if let Err(error) = kill::within(call, perform(&performer, call)).await {
            tracing::error!(
                call = call.id, operation = call.operation, %error,
                "the end of a call could not be recorded; its lease runs out and it is looked at again"
            );
        }
    }

    /// The heartbeat: prolongs leases. It waits for nothing else.
    async fn keep_alive(self: Arc<Self>, end: CancellationToken) {
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
    async fn look_after(self: Arc<Self>, end: CancellationToken) {
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
    async fn is_same(&self) -> sqlx::Result<bool> {
        let Some(generation) = self.generation.get() else {
            return Ok(false);
        };
        let statement_timeout = self.context.borrow().settings.database.statement_timeout;
        passing::repeated(&self.vital, statement_timeout, || generation.holds(&self.pool)).await
    }

    /// Looks where claims may begin.
    async fn find_floors(self: Arc<Self>, end: CancellationToken) {
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

/// A call in this process's hands.
struct Held<'a>(&'a Shared, (i64, i32));

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.in_flight().remove(&self.1);
    }
}
