//! `sverka run`: the worker, the schedule, the signals, the health pages; until told to stop.

pub(crate) mod freshness;
pub mod health;
pub(crate) mod others;
pub mod schedule;
mod scrape;
pub(crate) mod signals;
mod systemd;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{self, ConfigError, Loaded, Settings, Source};
use crate::context::{ClientError, Context};
use crate::db::deadline::{ORDINARY, patiently, within};
use crate::db::{Database, DbError, horizon, reserved, store_settings};
use crate::job::Job;
use crate::kill;
use crate::notify;
use crate::operation;
use crate::operation::saplab_statuses::ListStatuses;
use crate::queue::enqueue::enqueue_or_find;
use crate::queue::presence::{self, Role};
use crate::queue::run::{self, Requested, Trigger};
use crate::queue::worker::Worker;
use crate::queue::{journal, look, pause, prune, standing};
use crate::trace;
use health::Health;
use schedule::Alarm;
use signals::{Asked, Signals};

/// However long a sleep was meant to be, the daemon looks at the schedule again after this.
const LOOK: Duration = Duration::from_secs(10);
/// How often the worker's health is looked at where systemd does not ask for it.
const ALIVE: Duration = Duration::from_secs(5);
/// A task that does not begin for so long tells that every thread stands still.
const STIR: Duration = Duration::from_secs(3);
/// How often the daemon looks who holds the horizon of the database.
const HORIZON: Duration = Duration::from_secs(600);
/// How often old rows are forgotten.
const PRUNE: Duration = Duration::from_secs(3600);

/// Why the daemon could not run.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// No database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A query failed at the start.
    #[error("the database does not answer: {0}")]
    Query(#[from] sqlx::Error),
    /// An HTTP client could not be built.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The address of `http.listen` is taken or not ours.
    #[error("http.listen = {address}: {error}")]
    Listen {
        /// As configured.
        address: String,
        /// The system's words.
        error: std::io::Error,
    },
    /// The signals could not be taken over.
    #[error("the signals cannot be listened to: {0}")]
    Signals(std::io::Error),
    /// The schedule could not be set.
    #[error("the schedule cannot be set: {0}")]
    Schedule(#[from] tokio_cron_scheduler::JobSchedulerError),
    /// One of the loops that never end has ended: a fault of the program, which only a new start mends.
    #[error("a part of the daemon has died; it has to be started anew")]
    Died,
}

/// A daemon at work.
pub struct Daemon {
    pool: PgPool,
    /// A connection of its own, for what must not wait for a free one.
    vital: PgPool,
    source: Source,
    context: watch::Sender<Arc<Context>>,
    worker: Worker,
    worker_alive: watch::Sender<bool>,
    alarm: Alarm,
    wake: Arc<Notify>,
    /// Ends the pages and the messages.
    http: CancellationToken,
    pages: Option<JoinHandle<()>>,
    /// Tells people that they are needed.
    notify: JoinHandle<()>,
    /// Daemons that were told of.
    others: HashSet<i64>,
    /// Where the health pages are, if anywhere.
    pub address: Option<std::net::SocketAddr>,
}

/// Runs until SIGTERM or SIGINT.
pub async fn run(source: Source, settings: Settings) -> Result<(), DaemonError> {
    let signals = Signals::listen().map_err(DaemonError::Signals)?;
    let database = Database::open_migrated(&settings).await?;
    trace::start(&database.pool).await;
    let result = match Daemon::start(&database.pool, source, settings).await {
        Ok(daemon) => daemon.serve(signals, &database).await,
        Err(error) => Err(error),
    };
    trace::stop().await;
    database.close().await;
    result
}

impl Daemon {
    /// Starts every part over an open, migrated database.
    pub async fn start(pool: &PgPool, source: Source, settings: Settings) -> Result<Self, DaemonError> {
        let listener = listen(&settings.http.listen).await?;
        adopt(pool, &settings).await?;
        let daemon_id = presence::register(pool, Role::Daemon).await?;
        let context = Context::new(settings, daemon_id)?;
        let wake = Arc::new(Notify::new());
        let alarm = Alarm::set(&context.settings.schedule, &wake).await?;
        let (context, follow) = watch::channel(Arc::new(context));
        let (worker_alive, alive) = watch::channel(true);
        let http = CancellationToken::new();
        let vital = reserved(pool);
        let address = listener.as_ref().and_then(|listener| listener.local_addr().ok());
        let pages = listener.map(|listener| {
            let health = Health {
                pool: pool.clone(),
                vital: vital.clone(),
                context: follow.clone(),
                worker_alive: alive,
            };
            tokio::spawn(health::serve(listener, health, http.clone()))
        });
        if context.borrow().saplab.is_some() {
            // The status map is compared with the shop's statuses as they are today.
            let statuses = operation::new_call(&ListStatuses {}, false);
            let mut tx = pool.begin().await?;
            enqueue_or_find(&mut tx, &statuses).await?;
            tx.commit().await?;
        }
        let notify = tokio::spawn(notify::run(pool.clone(), follow.clone(), http.clone()));
        let worker = Worker::start(pool.clone(), follow, daemon_id);
        tracing::info!(
            daemon = daemon_id,
            version = env!("CARGO_PKG_VERSION"),
            address = address.map(tracing::field::display),
            "ready"
        );
        systemd::ready();
        let mut daemon = Self {
            pool: pool.clone(),
            vital,
            source,
            context,
            worker,
            worker_alive,
            alarm,
            wake,
            http,
            pages,
            notify,
            others: HashSet::new(),
            address,
        };
        daemon.look_for_others().await;
        Ok(daemon)
    }

    /// Serves the schedule and the signals until told to stop.
    pub(crate) async fn serve(mut self, mut signals: Signals, database: &Database) -> Result<(), DaemonError> {
        let mut watchdog = tokio::time::interval(systemd::watchdog_interval().unwrap_or(ALIVE).min(ALIVE));
        let mut prune = tokio::time::interval(PRUNE);
        let mut horizon = tokio::time::interval(HORIZON);
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                asked = signals.next() => match asked {
                    Asked::Sync => self.sync_all().await,
                    Asked::Snapshot => self.snapshot().await,
                    Asked::Reload => self.reload().await,
                    Asked::Stop => break,
                },
                () = self.wake.notified() => self.serve_schedule().await,
                _ = look.tick() => self.serve_schedule().await,
                _ = prune.tick() => self.prune().await,
                _ = horizon.tick() => self.look_at_horizon().await,
                _ = watchdog.tick() => self.tell_alive(database).await?,
            }
        }
        let grace = self.context.borrow().settings.shutdown_grace;
        tokio::select! {
            () = self.stop(grace) => Ok(()),
            () = signals.interrupt() => {
                tracing::warn!("interrupted again: leaving at once; calls under way are taken over when their leases end");
                crate::logging::flush();
                std::process::exit(130)
            }
        }
    }

    /// Claims no more, finishes or gives back what is under way.
    pub async fn stop(self, grace: Duration) {
        systemd::stopping();
        tracing::info!(
            calls = self.worker.in_flight(),
            ?grace,
            "stopping: no new calls, those under way may finish"
        );
        self.alarm.clear().await;
        if let Err(error) = self.worker.stop(grace).await {
            tracing::warn!(%error, "the queue could not be told that this daemon leaves; its leases run out by themselves");
        }
        self.http.cancel();
        tracing::info!("stopped");
    }

    async fn tell_alive(&mut self, database: &Database) -> Result<(), DaemonError> {
        let pages_died = self.pages.as_ref().is_some_and(JoinHandle::is_finished);
        if self.worker.has_died() || pages_died || self.notify.is_finished() {
            return Err(DaemonError::Died);
        }
        let alive = self.worker.is_alive();
        self.worker_alive
            .send_if_modified(|was| std::mem::replace(was, alive) != alive);
        // Silence makes systemd restart a daemon that stands still. A database that is away is not mended by that.
        if systemd::turns(STIR).await {
            systemd::alive();
        }
        if alive {
            self.look_for_others().await;
        } else if let Err(error) = database.revive().await {
            tracing::error!(%error, "the private PostgreSQL does not answer and cannot be started again");
        }
        Ok(())
    }

    /// Keeps our row among the daemons, and tells once of each other one.
    async fn look_for_others(&mut self) {
        let context = self.context.borrow().clone();
        let ours = others::shared(&context.settings);
        let found = async {
            presence::stay(&self.pool, context.daemon_id, &ours).await?;
            presence::daemons(&self.pool).await
        };
        let Ok(mut daemons) = found
            .await
            .inspect_err(|error| tracing::debug!(%error, "the other daemons are not known"))
        else {
            return;
        };
        // One that has just begun has not said yet what it works by.
        daemons.retain(|daemon| daemon.id != context.daemon_id && daemon.settings.is_some());
        for other in daemons.iter().filter(|other| !self.others.contains(&other.id)) {
            let differs = other
                .settings
                .as_ref()
                .map(|theirs| others::differing(&ours, theirs).join(", "));
            tracing::warn!(
                host = other.host,
                pid = other.pid,
                since = %other.started_at,
                settings_differ = differs.filter(|keys| !keys.is_empty()),
                "other daemons work on this database too: they share the work"
            );
        }
        self.others = daemons.into_iter().map(|daemon| daemon.id).collect();
    }

    async fn serve_schedule(&self) {
        let context = self.context.borrow().clone();
        let limit = context.settings.database.statement_timeout * 5;
        match patiently(&self.vital, limit, schedule::serve_due(&self.pool, &context)).await {
            Ok(begun) => {
                for (job, requested) in begun {
                    log_request(job, requested);
                }
            }
            Err(error) => tracing::warn!(%error, "the schedule could not be served; it is looked at again"),
        }
    }

    /// SIGUSR1: every configured job now; one that is under way is not started twice.
    pub async fn sync_all(&self) {
        let context = self.context.borrow().clone();
        if let Err(error) = within(ORDINARY, look::resume(&self.pool, None)).await {
            tracing::warn!(%error, "resting upstreams could not be woken");
        }
        for job in Job::ALL.into_iter().filter(|job| job.is_configured(&context)) {
            let limit = context.settings.database.statement_timeout * 5;
            let request = run::request(&self.pool, &context, job, Trigger::Signal, None);
            match patiently(&self.vital, limit, request).await {
                Ok(requested) => log_request(job, requested),
                Err(error) => tracing::error!(%job, %error, "the run could not be requested"),
            }
        }
    }

    /// SIGUSR2.
    async fn snapshot(&self) {
        match within(ORDINARY, look::depth(&self.vital)).await {
            Ok(depths) => {
                for depth in depths {
                    tracing::info!(upstream = depth.upstream, state = depth.state, calls = depth.calls, oldest = %depth.oldest, "status: queue");
                }
            }
            Err(error) => tracing::warn!(%error, "status: the queue cannot be read"),
        }
        for pause in within(ORDINARY, pause::open(&self.vital)).await.unwrap_or_default() {
            tracing::info!("status: {}", pause.words());
        }
        for run in within(ORDINARY, look::last_runs(&self.vital)).await.unwrap_or_default() {
            tracing::info!(
                run = run.id,
                job = run.job,
                state = run.state,
                outcome = run.outcome,
                pulled = run.rows_pulled,
                pushed = run.rows_pushed,
                refused = run.rows_refused,
                dead = run.dead_calls,
                "status: last run"
            );
        }
        tracing::info!(
            in_flight = self.worker.in_flight(),
            alive = self.worker.is_alive(),
            "status: this daemon"
        );
    }

    /// SIGHUP: a good configuration replaces the old one whole; a bad one changes nothing and is explained.
    pub(crate) async fn reload(&mut self) {
        systemd::reloading();
        match self.reloaded().await {
            Ok(()) => {
                tracing::info!("configuration reloaded");
                systemd::status("");
            }
            Err(why) => {
                tracing::error!(%why, "the configuration was not reloaded; the old one stays in force");
                systemd::status("the configuration was not reloaded, the old one stays in force: see the log");
            }
        }
        systemd::ready();
    }

    async fn reloaded(&mut self) -> Result<(), ReloadError> {
        let Loaded { settings, .. } = config::load(&self.source, config::environment())?;
        let old = self.context.borrow().clone();
        let context = Context::new(settings, old.daemon_id)?;
        let alarm = Alarm::set(&context.settings.schedule, &self.wake).await?;
        kill::point("reload.before");
        within(ORDINARY, adopt(&self.pool, &context.settings)).await?;
        kill::point("reload.stored");
        std::mem::replace(&mut self.alarm, alarm).clear().await;
        self.context.send_replace(Arc::new(context));
        // A mended credential need not wait for the end of a pause; only now is it the one that calls are made with.
        within(ORDINARY, standing::close_all(&self.pool)).await?;
        within(ORDINARY, look::resume(&self.pool, None)).await?;
        kill::point("reload.done");
        Ok(())
    }

    /// A word now and then about who keeps dead rows from being removed.
    async fn look_at_horizon(&self) {
        let holder = within(ORDINARY, horizon::holder(&self.vital, horizon::ALERT)).await;
        if let Ok(Some(holder)) = holder {
            tracing::warn!(who = holder.who, seconds = holder.seconds, "{}", holder.words());
        }
    }

    async fn prune(&self) {
        let (keep, journal) = {
            let queue = &self.context.borrow().settings.queue;
            (queue.keep, queue.journal)
        };
        if let Err(error) = patiently(&self.vital, PRUNE, journal::prune(&self.pool, journal)).await {
            tracing::warn!(%error, "the old part of the journal could not be pruned");
        }
        match patiently(&self.vital, PRUNE, prune::prune(&self.pool, keep)).await {
            Ok(0) => {}
            Ok(calls) => tracing::info!(calls, "forgot calls that ended long ago"),
            Err(error) => tracing::warn!(%error, "old calls could not be pruned"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ReloadError {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Schedule(#[from] tokio_cron_scheduler::JobSchedulerError),
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
}

/// The views look with these settings from now on.
async fn adopt(pool: &PgPool, settings: &Settings) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    store_settings(&mut tx, settings).await?;
    tx.commit().await
}

async fn listen(address: &str) -> Result<Option<TcpListener>, DaemonError> {
    if address.is_empty() {
        return Ok(None);
    }
    let listener = TcpListener::bind(address).await;
    listener.map(Some).map_err(|error| DaemonError::Listen {
        address: address.to_owned(),
        error,
    })
}

fn log_request(job: Job, requested: Requested) {
    match requested {
        Requested::New(run) => tracing::info!(%job, run, "run requested"),
        Requested::Joined(run) => tracing::info!(%job, run, "already under way: not started twice"),
    }
}
