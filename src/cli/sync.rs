//! `sverka sync`: start jobs now and, where asked or where no daemon is alive, stay until their end.

use sqlx::PgPool;

use super::follow::{self, Followed};
use super::reader::Reader;
use super::{CliError, Format, output};
use crate::config::Settings;
use crate::context::Context;
use crate::db::Database;
use crate::hold;
use crate::job::Job;
use crate::queue::audit;
use crate::queue::look;
use crate::queue::presence;
use crate::queue::run::{self, Trigger};
use crate::say;
use crate::words::Lang;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Jobs: warehouses, stock, prices, orders, reference [default: all that are configured]
    #[arg(value_name = "JOB")]
    jobs: Vec<String>,
    /// Only this article (stock) or this Saplab position (orders)
    #[arg(long, value_name = "ARTICLE|ORDER")]
    only: Option<String>,
    /// Wait for the end even if a daemon does the work
    #[arg(long)]
    wait: bool,
}

/// The jobs of those names; all, if none is named.
pub(super) fn parse_jobs(names: &[String]) -> Result<Vec<Job>, CliError> {
    if names.is_empty() {
        return Ok(Job::ALL.to_vec());
    }
    let unknown = |name: &String| {
        let known: Vec<_> = Job::ALL.iter().map(|job| job.as_str()).collect();
        let (lang, job) = (Lang::of_environment(), name.clone());
        CliError::Usage(say!(lang, "sync-unknown-job", job = job, known = known.join(", ")))
    };
    names
        .iter()
        .map(|name| Job::parse(name).ok_or_else(|| unknown(name)))
        .collect()
}

pub(super) async fn sync(args: &Args, settings: Settings, format: Format) -> Result<(), CliError> {
    let jobs = parse_jobs(&args.jobs)?;
    let database = Database::open_migrated(&settings).await?;
    let synced = on(args, &database, settings, jobs, format).await;
    database.close().await;
    synced
}

async fn on(
    args: &Args,
    database: &Database,
    settings: Settings,
    jobs: Vec<Job>,
    format: Format,
) -> Result<(), CliError> {
    let pool = &database.pool;
    let reader = Reader::new(&settings, format);
    let lang = reader.lang;
    let context = Context::new(settings, 0)?;
    let jobs = choose(args, jobs, &context, lang)?;
    // Somebody sits there and asks: an upstream that rests is tried at once.
    look::resume(pool, None).await?;
    let daemon = presence::daemons_alive(pool).await? > 0;
    let mut runs = Vec::new();
    for job in jobs {
        runs.push(
            run::request_by(
                pool,
                &context,
                job,
                Trigger::Command,
                args.only.as_deref(),
                &audit::who(),
            )
            .await?
            .run_id(),
        );
    }
    if daemon && !args.wait {
        let runs: Vec<_> = runs.iter().map(ToString::to_string).collect();
        return output::line(&say!(lang, "sync-handed-over", runs = runs.join(", ")));
    }
    let of_daemon = if daemon {
        follow::follow_daemon(pool, &runs, &reader).await?
    } else {
        None
    };
    let followed = match of_daemon {
        Some(followed) => followed,
        None => follow::work_and_follow(pool, context, &runs, &reader).await?,
    };
    let reported = report(&followed, &reader, format);
    say_held(pool, &followed, &reader).await?;
    reported
}

/// What is held is not done, though nothing has failed.
async fn say_held(pool: &PgPool, followed: &Followed, reader: &Reader) -> Result<(), CliError> {
    for hold in hold::look::list(pool, false).await? {
        if followed.runs.iter().any(|run| run.job == hold.job) {
            let (state, why) = (reader.word("hold-state", &hold.state), output::plain(&hold.why));
            let words = say!(
                reader.lang,
                "sync-held",
                state = state,
                rows = hold.rows,
                why = why,
                id = hold.id
            );
            eprintln!("{words}");
        }
    }
    Ok(())
}

/// The jobs that can be done: naming one that cannot is an error, naming none takes what is configured.
fn choose(args: &Args, jobs: Vec<Job>, context: &Context, lang: Lang) -> Result<Vec<Job>, CliError> {
    let (can, cannot): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.is_configured(context));
    if !args.jobs.is_empty()
        && let Some(job) = cannot.first()
    {
        return Err(CliError::Usage(say!(lang, "sync-not-configured", job = job.as_str())));
    }
    let can = scoped(can, !args.jobs.is_empty(), args.only.is_some(), lang)?;
    if can.is_empty() {
        return Err(CliError::Usage(say!(lang, "sync-nothing")));
    }
    Ok(can)
}

/// With `--only`, the jobs that know single articles or positions; naming another one is an error.
pub(super) fn scoped(jobs: Vec<Job>, named: bool, only: bool, lang: Lang) -> Result<Vec<Job>, CliError> {
    let (scoped, others): (Vec<_>, Vec<_>) = jobs
        .into_iter()
        .partition(|job| !only || matches!(job, Job::Stock | Job::Orders));
    match others.first() {
        Some(job) if named => Err(CliError::Usage(say!(lang, "sync-no-part", job = job.as_str()))),
        _ => Ok(scoped),
    }
}

fn report(followed: &Followed, reader: &Reader, format: Format) -> Result<(), CliError> {
    let headings = reader.headings([
        "runs-job",
        "runs-run",
        "runs-outcome",
        "status-pulled",
        "status-pushed",
        "term-refused",
        "term-dead",
        "runs-note",
    ]);
    output::list(format, &followed.runs, &headings, |run| {
        vec![
            run.job.clone(),
            run.id.to_string(),
            output::or_dash(run.outcome.as_ref().map(|outcome| reader.word("outcome", outcome))),
            run.rows_pulled.to_string(),
            run.rows_pushed.to_string(),
            run.rows_refused.to_string(),
            run.dead_calls.to_string(),
            run.note.clone().unwrap_or_default(),
        ]
    })?;
    if let Some(why) = &followed.waiting {
        return Err(CliError::Unavailable(say!(
            reader.lang,
            "sync-waits",
            why = why.as_str()
        )));
    }
    let done = |run: &look::RunRow| run.outcome.as_deref() == Some("done") && run.rows_refused == 0;
    if followed.runs.iter().all(done) {
        return Ok(());
    }
    Err(CliError::Failed(say!(reader.lang, "sync-incomplete")))
}
