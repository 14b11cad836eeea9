//! Work in-process: the same worker as the daemon's, driven until the runs have ended.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sverka::context::Context;
use sverka::job::Job;
use sverka::queue::look::{self, RunRow};
use sverka::queue::presence::{self, Role};
use sverka::queue::run::{self, Trigger};
use sverka::queue::worker::Worker;
use tokio::sync::watch;

use super::fixture::Fixture;
use super::wait::until;

/// A worker at work; stop it, or it is cut off with the test.
pub(crate) struct Work {
    worker: Worker,
    _context: watch::Sender<Arc<Context>>,
}

impl Work {
    pub(crate) async fn stop(self) {
        self.worker.stop(Duration::from_secs(10)).await.unwrap();
    }

    /// Ends it without a word to the database, as a kill would.
    pub(crate) fn abandon(self) {
        drop(self);
    }
}

impl Fixture {
    /// Settings and clients as a worker uses them.
    pub(crate) fn context(&self, daemon_id: i64) -> Context {
        Context::new(self.settings.clone(), daemon_id).unwrap()
    }

    /// Starts a worker.
    pub(crate) async fn work(&self) -> Work {
        self.work_on(&self.pool).await
    }

    /// Starts a worker with a pool of its own.
    pub(crate) async fn work_on(&self, pool: &PgPool) -> Work {
        let daemon_id = presence::register(pool, Role::Command).await.unwrap();
        let (sender, context) = watch::channel(Arc::new(self.context(daemon_id)));
        Work {
            worker: Worker::start(pool.clone(), context, daemon_id),
            _context: sender,
        }
    }

    /// Asks for runs; nobody works on them yet.
    pub(crate) async fn request(&self, jobs: &[Job]) -> Vec<i64> {
        let context = self.context(0);
        let mut runs = Vec::new();
        for job in jobs {
            let requested = run::request(&self.pool, &context, *job, Trigger::Command, None).await;
            runs.push(requested.unwrap().run_id());
        }
        runs
    }

    /// Waits until the runs have ended.
    pub(crate) async fn ended(&self, runs: &[i64]) -> Vec<RunRow> {
        let ask = async || {
            let rows = look::runs(&self.pool, runs).await.unwrap();
            rows.iter().all(|row| row.state == "ended").then_some(rows)
        };
        tokio::select! {
            rows = until("the end of the runs", ask) => rows,
            // Said shortly before the patience of `until` ends.
            never = self.report_if_late(runs) => never,
        }
    }

    /// Requests runs and works until they have ended.
    pub(crate) async fn sync(&self, jobs: &[Job]) -> Vec<RunRow> {
        let runs = self.request(jobs).await;
        let work = self.work().await;
        let rows = self.ended(&runs).await;
        work.stop().await;
        rows
    }

    /// The same; every run must end well.
    pub(crate) async fn sync_done(&self, jobs: &[Job]) -> Vec<RunRow> {
        let rows = self.sync(jobs).await;
        for row in &rows {
            let well = row.outcome.as_deref() == Some("done") && row.rows_refused == 0 && row.dead_calls == 0;
            assert!(
                well,
                "a run did not end well: {row:#?}\n{:#?}",
                self.open_and_dead().await
            );
        }
        rows
    }

    /// Works until so many calls of one state are there, then stops.
    pub(crate) async fn work_until(&self, what: &str, condition: &str) {
        let work = self.work().await;
        self.until(what, condition).await;
        work.stop().await;
    }

    /// Waits until a condition in SQL holds.
    pub(crate) async fn until(&self, what: &str, condition: &str) {
        until(what, async || {
            (self.value(condition).await.as_deref() == Some("true")).then_some(())
        })
        .await;
    }

    /// Calls that are not over, and those that are dead.
    pub(crate) async fn open_and_dead(&self) -> Vec<look::CallRow> {
        look::calls(&self.pool, None, 100).await.unwrap()
    }

    async fn report_if_late(&self, runs: &[i64]) -> ! {
        tokio::time::sleep(super::wait::PATIENCE - Duration::from_secs(1)).await;
        panic!(
            "the runs did not end: {:#?}\ncalls: {:#?}\nresting: {:#?}",
            look::runs(&self.pool, runs).await,
            self.open_and_dead().await,
            look::paused(&self.pool).await
        );
    }
}
