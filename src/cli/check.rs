//! `sverka check`: configuration, database, and one harmless read of every upstream.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use serde::Serialize;
use sqlx::PgPool;
use tokio::sync::watch;

use super::reader::Reader;
use super::{CliError, Format, output};
use crate::config::Settings;
use crate::context::Context;
use crate::db::Database;
use crate::diff;
use crate::notify;
use crate::operation::carreta_profile::GetProfile;
use crate::operation::keaz_remains::ListRemains;
use crate::operation::keaz_warehouses::ListWarehouses;
use crate::operation::new_call;
use crate::operation::saplab_statuses::ListStatuses;
use crate::queue::enqueue::{NewCall, enqueue_or_find};
use crate::queue::presence::{self, Role};
use crate::queue::worker::Worker;
use crate::queue::{Priority, look, pause, restore};
use crate::say;
use crate::words::Lang;

/// An upstream that has not answered for so long is reported as it stands.
const PATIENCE: Duration = Duration::from_secs(40);
const LOOK: Duration = Duration::from_millis(100);

#[derive(Debug, Parser)]
pub(super) struct Args {
    /// Let work go on in a restored database although not every site has been read anew
    #[arg(long)]
    accept_restore: bool,
    /// Send a test message by every way of [notify]
    #[arg(long)]
    notify: bool,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Finding {
    what: String,
    good: bool,
    words: String,
}

pub(super) async fn check(args: &Args, settings: Settings, format: Format) -> Result<(), CliError> {
    let reader = Reader::new(&settings, format);
    let lang = reader.lang;
    let database = Database::open_migrated(&settings).await?;
    let findings = look_at_everything(&database.pool, settings, args, &reader).await;
    database.close().await;
    let findings = findings?;
    let headings = reader.headings(["term-finding", "queue-what", "queue-words"]);
    output::list(format, &findings, &headings, |finding| {
        vec![
            if finding.good {
                say!(lang, "check-ok")
            } else {
                say!(lang, "check-bad")
            },
            finding.what.clone(),
            finding.words.clone(),
        ]
    })?;
    match findings.iter().filter(|finding| !finding.good).count() {
        0 => Ok(()),
        bad => Err(CliError::Unavailable(say!(
            lang,
            "check-failed",
            bad = bad,
            all = findings.len()
        ))),
    }
}

async fn look_at_everything(
    pool: &PgPool,
    settings: Settings,
    args: &Args,
    reader: &Reader,
) -> Result<Vec<Finding>, CliError> {
    let lang = reader.lang;
    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(pool).await?;
    let mut findings = vec![Finding {
        what: "database".into(),
        good: true,
        words: format!("PostgreSQL {version}"),
    }];
    let daemon_id = presence::register(pool, Role::Command).await?;
    let context = Context::new(settings, daemon_id)?;
    let reads = reads(&context);
    if reads.is_empty() {
        findings.push(Finding {
            what: "upstreams".into(),
            good: false,
            words: say!(lang, "check-none"),
        });
    }
    if context.carreta.is_some() && context.settings.carreta.account.is_some() {
        findings.push(Finding {
            what: "carreta.account".into(),
            good: true,
            words: say!(lang, "check-account"),
        });
    }
    if args.notify {
        findings.extend(try_notify(&context, lang).await);
    }
    look::resume(pool, None).await?;
    let (_context, follow) = watch::channel(Arc::new(context));
    let worker = Worker::start(pool.clone(), follow, daemon_id);
    for read in &reads {
        findings.push(ask(pool, read, reader).await?);
    }
    worker.stop(Duration::from_secs(5)).await?;
    findings.extend(check_restore(pool, args.accept_restore, lang).await?);
    findings.extend(check_status_map(pool).await?);
    Ok(findings)
}

/// Sends the test message.
async fn try_notify(context: &Context, lang: Lang) -> Vec<Finding> {
    let told = notify::test(context).await;
    if told.is_empty() {
        return vec![Finding {
            what: "notify".into(),
            good: false,
            words: say!(lang, "check-no-channel"),
        }];
    }
    told.into_iter()
        .map(|(channel, told)| Finding {
            what: format!("notify.{}", channel.as_str()),
            good: told.is_ok(),
            words: told.map_or_else(|why| why, |()| say!(lang, "check-delivered")),
        })
        .collect()
}

fn reads(context: &Context) -> Vec<NewCall> {
    let mut reads = Vec::new();
    if context.keaz.is_some() {
        reads.extend([new_call(&ListWarehouses {}, false), new_call(&ListRemains {}, false)]);
    }
    if context.saplab.is_some() {
        reads.push(new_call(&ListStatuses {}, false));
    }
    if context.carreta.is_some() {
        reads.push(new_call(&GetProfile::default(), false));
    }
    reads
}

/// Makes one read through the queue and reports its first outcome. What a person has paused is not asked.
async fn ask(pool: &PgPool, read: &NewCall, reader: &Reader) -> Result<Finding, CliError> {
    let lang = reader.lang;
    if let Some(paused) = pause::covering(pool, read.upstream, read.class.as_str()).await? {
        let why = paused.told_with_command(lang, &reader.clock);
        return Ok(Finding {
            what: read.operation.into(),
            good: false,
            words: say!(lang, "check-not-asked", why = why),
        });
    }
    let call = NewCall {
        priority: Priority::Urgent,
        ..read.clone()
    };
    let mut tx = pool.begin().await?;
    let id = enqueue_or_find(&mut tx, &call).await?;
    tx.commit().await?;
    let begun = Instant::now();
    loop {
        if let Some((row, attempts)) = look::call(pool, id).await? {
            let good = row.state == "done";
            let failed = !good && attempts.last().is_some_and(|attempt| attempt.outcome.is_some());
            if good || failed || begun.elapsed() > PATIENCE {
                if row.state == "pending" {
                    look::withdraw(pool, id).await?;
                }
                let words = row.reason.unwrap_or_else(|| {
                    if good {
                        String::new()
                    } else {
                        say!(lang, "check-no-answer")
                    }
                });
                return Ok(Finding {
                    what: read.operation.into(),
                    good,
                    words,
                });
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether the database is the one that was known; a person may say that it is good as it is.
async fn check_restore(pool: &PgPool, accept: bool, lang: Lang) -> sqlx::Result<Option<Finding>> {
    let found = if accept {
        restore::accept(pool).await?
    } else {
        restore::open(pool).await?
    };
    Ok(found.map(|found| Finding {
        what: "database".into(),
        good: accept,
        words: if accept {
            say!(lang, "check-accepted", why = found.why)
        } else {
            say!(lang, "check-restored", why = found.why, sites = found.waits.join(", "))
        },
    }))
}

async fn check_status_map(pool: &PgPool) -> sqlx::Result<Vec<Finding>> {
    let holes = diff::status_map_holes(pool).await?;
    Ok(holes
        .into_iter()
        .map(|words| Finding {
            what: "saplab.status_map".into(),
            good: false,
            words,
        })
        .collect())
}
