//! What `top` shows, read again and again until it is told to stop. A database that goes away is told of and asked again.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::super::CliError;
use crate::context::Context;
use crate::db::deadline::{ORDINARY, within};
use crate::db::{Database, DbError};
use crate::diff::figures::Filter;
use crate::diff::tally::Tally;
use crate::queue::busy::{self, Busy};
use crate::status::{Differs, Status};

/// So many calls of each kind.
const CALLS: i64 = 5;

/// What was read at one moment.
pub(super) struct View {
    pub(super) status: Status,
    pub(super) busy: Busy,
    pub(super) read: Instant,
}

/// What is known.
#[derive(Default)]
pub(super) struct Seen {
    /// What was read last; empty = nothing so far.
    pub(super) view: Option<View>,
    /// Why it could not be read since.
    pub(super) trouble: Option<String>,
}

/// Looks until stopped. An error is one that does not pass by itself: the settings, the schema.
pub(super) async fn keep_looking(
    context: Context,
    every: Duration,
    seen: watch::Sender<Seen>,
    stop: CancellationToken,
) -> Result<(), CliError> {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let Some(database) = open(&context, &seen, &stop, &mut ticks).await? else {
        return Ok(());
    };
    let tally = Tally::new(database.pool.clone(), stop.clone());
    stop.run_until_cancelled(look_again(&database, &context, &tally, &seen, &mut ticks))
        .await;
    database.close().await;
    Ok(())
}

async fn look_again(
    database: &Database,
    context: &Context,
    tally: &Tally,
    seen: &watch::Sender<Seen>,
    ticks: &mut Interval,
) {
    loop {
        ticks.tick().await;
        let view = match within(ORDINARY, look(database, context, tally)).await {
            Ok(view) => view,
            Err(error) => {
                tell(seen, error.to_string());
                // A private server that has died is started again; another is its own people's.
                if let Err(error) = database.revive().await {
                    tell(seen, error.to_string());
                }
                continue;
            }
        };
        seen.send_replace(Seen {
            view: Some(view),
            trouble: None,
        });
    }
}

/// The database, as soon as it is there. `None`: it was told to stop before.
async fn open(
    context: &Context,
    seen: &watch::Sender<Seen>,
    stop: &CancellationToken,
    ticks: &mut Interval,
) -> Result<Option<Database>, CliError> {
    let opening = async {
        loop {
            ticks.tick().await;
            match Database::open_migrated(&context.settings).await {
                Err(error @ (DbError::Unavailable(_) | DbError::Busy(_))) => tell(seen, error.to_string()),
                done => return done,
            }
        }
    };
    Ok(stop.run_until_cancelled(opening).await.transpose()?)
}

async fn look(database: &Database, context: &Context, tally: &Tally) -> sqlx::Result<View> {
    let known = tally.ask(&Filter::default()).await;
    let differs = known.found.map(|found| Differs {
        totals: found.totals.clone(),
        at: found.at,
    });
    Ok(View {
        status: Status::read_beside(&database.pool, context, differs).await?,
        busy: busy::read(&database.pool, CALLS).await?,
        read: Instant::now(),
    })
}

fn tell(seen: &watch::Sender<Seen>, why: String) {
    seen.send_modify(|seen| seen.trouble = Some(why));
}
