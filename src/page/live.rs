//! Tells open pages that something has changed; they then ask for themselves anew.
//!
//! One task for all of them looks at the database once a second while anybody listens, and not at all while nobody does.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Site;
use crate::db::deadline::within;
use crate::diff::tally::Tally;

const LOOK: Duration = Duration::from_secs(1);
/// A look that takes longer is given up; the next one comes.
const ANSWER: Duration = Duration::from_secs(5);
/// So many pages may be open at once.
const LISTENERS: usize = 64;

/// What pages listen to: a number that grows with each change.
#[derive(Clone)]
pub(super) struct Live {
    changes: watch::Receiver<u64>,
    listeners: Arc<AtomicUsize>,
    stop: CancellationToken,
}

impl Live {
    pub(super) fn start(pool: PgPool, tally: Tally, stop: CancellationToken) -> Self {
        let (tell, changes) = watch::channel(0);
        let listeners = Arc::new(AtomicUsize::new(0));
        tokio::spawn(follow(pool, tally, tell, listeners.clone(), stop.clone()));
        Self {
            changes,
            listeners,
            stop,
        }
    }
}

async fn follow(
    pool: PgPool,
    tally: Tally,
    tell: watch::Sender<u64>,
    listeners: Arc<AtomicUsize>,
    stop: CancellationToken,
) {
    let mut last = None;
    while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        if listeners.load(Ordering::Relaxed) == 0 {
            continue;
        }
        tally.follow();
        // A database that is silent is shown by the pages themselves.
        let Ok(seen) = within(ANSWER, state(&pool)).await else {
            continue;
        };
        let seen = format!("{seen}/{}", tally.looks());
        if last.replace(seen.clone()).is_some_and(|last| last != seen) {
            tell.send_modify(|changes| *changes += 1);
        }
    }
}

/// Whatever is on the pages and moves, in a few words. Everything that it reads is small or indexed.
async fn state(pool: &PgPool) -> sqlx::Result<String> {
    sqlx::query_scalar(
        "SELECT concat_ws('/',
            (SELECT concat_ws('.', max(id), sum(open_calls), sum(calls), sum(rows_pulled + rows_pushed + rows_refused))
               FROM queue.run WHERE state <> 'ended'),
            (SELECT concat_ws('.', id, ended_at) FROM queue.run WHERE state = 'ended' ORDER BY id DESC LIMIT 1),
            (SELECT max(id) FROM queue.call),
            (SELECT concat_ws('.', count(*), sum(id)) FROM queue.call WHERE state = 'running'),
            (SELECT concat_ws('.', count(*), max(due_at)) FROM queue.call WHERE state = 'unknown'),
            (SELECT concat_ws('.', count(*), max(id)) FROM queue.call WHERE state = 'quarantined'),
            (SELECT max(id) FROM queue.call WHERE state = 'dead'),
            (SELECT string_agg(concat_ws('.', name, failures, openings, paused_until), ',' ORDER BY name) FROM queue.upstream),
            (SELECT concat_ws('.', count(*), max(id)) FROM queue.hold WHERE state IN ('held', 'refused')),
            (SELECT concat_ws('.', max(id), count(*) FILTER (WHERE ended_at IS NULL AND until > now())) FROM queue.pause),
            (SELECT max(id) FROM queue.event),
            (SELECT max(id) FROM queue.audit))",
    )
    .fetch_one(pool)
    .await
}

/// `GET /api/v1/events`: server-sent events named `changed`, each with the number of changes so far.
pub(super) async fn events(State(site): State<Site>) -> Response {
    let Live {
        mut changes,
        listeners,
        stop,
    } = site.live;
    let Some(place) = Place::take(listeners) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many pages are open\n").into_response();
    };
    changes.mark_unchanged();
    let told = stream::unfold((changes, place, stop), |(mut changes, place, stop)| async move {
        let changed = stop.run_until_cancelled(changes.changed()).await;
        changed?.ok()?;
        let number = *changes.borrow_and_update();
        let event = Event::default().event("changed").data(number.to_string());
        Some((Ok::<_, Infallible>(event), (changes, place, stop)))
    });
    Sse::new(told).keep_alive(KeepAlive::default()).into_response()
}

/// A place among the listeners, given back when the page is closed.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(listeners: Arc<AtomicUsize>) -> Option<Self> {
        let taken = listeners.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
            (n < LISTENERS).then_some(n + 1)
        });
        taken.ok().map(|_| Self(listeners))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
