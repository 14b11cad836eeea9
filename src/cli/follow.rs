//! Follows runs to their end: bars on a terminal, plain lines elsewhere. Where no daemon is alive, does their work.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sqlx::PgPool;
use tokio::sync::watch;

use super::CliError;
use super::reader::{self, Reader};
use crate::context::Context;
use crate::queue::look::{self, CallRow, RunRow, Waiting};
use crate::queue::pause;
use crate::queue::presence::{self, Role};
use crate::queue::worker::Worker;
use crate::say;
use crate::words::Lang;
use crate::words::clock::about;

/// How often progress is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Nobody waits longer for a retry than this: the calls stay in the queue.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the runs went.
pub(super) struct Followed {
    /// The runs as they stand.
    pub(super) runs: Vec<RunRow>,
    /// Why they were left waiting, if they were.
    pub(super) waiting: Option<String>,
}

/// Does the work in this process until the runs have ended.
pub(super) async fn work_and_follow(
    pool: &PgPool,
    context: Context,
    runs: &[i64],
    reader: &Reader,
) -> Result<Followed, CliError> {
    work_until(pool, context, follow(pool, runs, reader)).await
}

/// Does the work in this process until the call has ended, or waits for longer than a person does.
pub(super) async fn work_on_call(pool: &PgPool, context: Context, id: i64) -> Result<CallRow, CliError> {
    work_until(pool, context, end_of_call(pool, id)).await
}

/// Watches how a daemon makes the call. `None`: no daemon is alive any more.
pub(super) async fn call_of_daemon(pool: &PgPool, id: i64) -> Result<Option<CallRow>, CliError> {
    tokio::select! {
        ended = end_of_call(pool, id) => ended.map(Some),
        gone = daemons_are_gone(pool) => gone.map(|()| None),
    }
}

/// Watches until the call has ended, or its next try is further away than a person waits.
async fn end_of_call(pool: &PgPool, id: i64) -> Result<CallRow, CliError> {
    let since = Instant::now();
    loop {
        let Some((row, _)) = look::call(pool, id).await? else {
            return Err(CliError::Failed(say!(
                Lang::of_environment(),
                "error-call-gone",
                id = id
            )));
        };
        let waits = match row.state.as_str() {
            "running" => false,
            "pending" if pause::covering(pool, &row.upstream, &row.class).await?.is_some() => true,
            "pending" => {
                row.attempt > 0
                    && (row.due_at - chrono::Utc::now())
                        .to_std()
                        .is_ok_and(|wait| wait > PATIENCE)
            }
            "unknown" => since.elapsed() > PATIENCE * 2,
            _ => true,
        };
        if waits || since.elapsed() > PATIENCE * 4 {
            return Ok(row);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Works on the queue in this process until `end`.
async fn work_until<T>(
    pool: &PgPool,
    context: Context,
    end: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    let daemon_id = presence::register(pool, Role::Command).await?;
    let grace = context.settings.shutdown_grace;
    let (_context, follow_context) = watch::channel(Arc::new(Context { daemon_id, ..context }));
    let worker = Worker::start(pool.clone(), follow_context, daemon_id);
    let followed = tokio::select! {
        followed = end => followed,
        _ = tokio::signal::ctrl_c() => Err(CliError::Failed(say!(Lang::of_environment(), "error-interrupted"))),
    };
    worker.stop(grace).await?;
    followed
}

/// Watches how a daemon does the work. `None`: no daemon is alive any more, and the runs have not ended.
pub(super) async fn follow_daemon(pool: &PgPool, runs: &[i64], reader: &Reader) -> Result<Option<Followed>, CliError> {
    tokio::select! {
        followed = follow(pool, runs, reader) => followed.map(Some),
        gone = daemons_are_gone(pool) => gone.map(|()| None),
    }
}

async fn daemons_are_gone(pool: &PgPool) -> Result<(), CliError> {
    while presence::daemons_alive(pool).await? > 0 {
        tokio::time::sleep(LOOK * 10).await;
    }
    Ok(())
}

/// Watches until the runs have ended, or all they have left is a long wait for an upstream.
pub(super) async fn follow(pool: &PgPool, runs: &[i64], reader: &Reader) -> Result<Followed, CliError> {
    let mut progress = Progress::new(reader.lang);
    let mut stuck_since: Option<Instant> = None;
    loop {
        let rows = look::runs(pool, runs).await?;
        progress.show(&rows);
        if rows.iter().all(|row| row.state == "ended") {
            return Ok(Followed {
                runs: rows,
                waiting: None,
            });
        }
        match look::waiting(pool, runs).await? {
            None => stuck_since = None,
            Some(waiting) => {
                let since = *stuck_since.get_or_insert_with(Instant::now);
                if waiting.next_try > PATIENCE || since.elapsed() > PATIENCE {
                    return Ok(Followed {
                        runs: rows,
                        waiting: Some(in_words(pool, reader, &waiting).await?),
                    });
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What they wait for, and why.
async fn in_words(pool: &PgPool, reader: &Reader, waiting: &Waiting) -> sqlx::Result<String> {
    let lang = reader.lang;
    let what = say!(
        lang,
        "runs-waiting",
        calls = waiting.calls,
        upstream = waiting.upstream.clone(),
        span = about(lang, waiting.next_try.as_secs())
    );
    let pauses = if waiting.is_paused {
        pause::open(pool).await?
    } else {
        Vec::new()
    };
    let paused = pauses.iter().find(|pause| pause.upstream == waiting.upstream);
    let paused = paused.map(|pause| pause.told_with_command(lang, &reader.clock));
    let why = paused.or_else(|| waiting.reason.clone());
    Ok(format!("{what} {}", why.unwrap_or_else(|| say!(lang, "sync-rests"))))
}

/// One bar for each run, or one line for each change of its state.
struct Progress {
    lang: Lang,
    bars: Option<MultiProgress>,
    of_run: HashMap<i64, ProgressBar>,
    said: HashMap<i64, String>,
}

impl Progress {
    fn new(lang: Lang) -> Self {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        Self {
            lang,
            bars,
            of_run: HashMap::new(),
            said: HashMap::new(),
        }
    }

    fn show(&mut self, runs: &[RunRow]) {
        for run in runs {
            match &self.bars {
                Some(bars) => {
                    let bar = self
                        .of_run
                        .entry(run.id)
                        .or_insert_with(|| bars.add(new_bar(self.lang, &run.job)));
                    update(self.lang, bar, run);
                }
                None => self.say(run),
            }
        }
    }

    fn say(&mut self, run: &RunRow) {
        let lang = self.lang;
        let state = run.outcome.clone().unwrap_or_else(|| run.state.clone());
        if self.said.get(&run.id) == Some(&state) {
            return;
        }
        let counts = if run.state == "ended" {
            let (pulled, pushed, refused) = (run.rows_pulled, run.rows_pushed, run.rows_refused);
            format!(
                ": {}",
                say!(lang, "sync-counts", pulled = pulled, pushed = pushed, refused = refused)
            )
        } else {
            String::new()
        };
        let words = reader::word(lang, "outcome", &state);
        let said = say!(
            lang,
            "sync-state",
            job = run.job.clone(),
            run = run.id.to_string(),
            state = words
        );
        eprintln!("{said}{counts}");
        self.said.insert(run.id, state);
    }
}

fn new_bar(lang: Lang, job: &str) -> ProgressBar {
    let calls = say!(lang, "sync-calls");
    let style = ProgressStyle::with_template(&format!("{{prefix:>11}} {{bar:30}} {{pos}}/{{len}} {calls}  {{msg}}"));
    let bar = ProgressBar::new(0).with_prefix(job.to_owned());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn update(lang: Lang, bar: &ProgressBar, run: &RunRow) {
    bar.set_length(u64::try_from(run.calls).unwrap_or_default());
    bar.set_position(u64::try_from(run.calls - run.open_calls).unwrap_or_default());
    let message = say!(lang, "sync-bar", pulled = run.rows_pulled, pushed = run.rows_pushed);
    match &run.outcome {
        Some(outcome) if !bar.is_finished() => {
            bar.finish_with_message(format!("{message}, {}", reader::word(lang, "outcome", outcome)));
        }
        Some(_) => {}
        None => bar.set_message(message),
    }
}
