//! `/metrics`: lets Prometheus in, asks the database once and not for long, answers whatever came of that.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sqlx::PgPool;

use super::health::Health;
use crate::db::{beside, deadline::within};
use crate::diff::figures::Filter;
use crate::diff::tally::Tally;
use crate::job::Job;
use crate::logging;
use crate::metrics::{self, Format, Standing, Told};
use crate::page::door;

/// A database that is silent for longer is told to be away.
const ANSWER: Duration = Duration::from_secs(2);

/// What a scrape looks at.
#[derive(Clone)]
pub(super) struct Scrape {
    health: Health,
    /// One connection of its own: scrapes wait for each other, and nobody else for them.
    pool: PgPool,
    tally: Tally,
}

impl Scrape {
    pub(super) fn new(health: &Health, tally: Tally) -> Arc<Self> {
        Arc::new(Self {
            pool: beside(&health.pool, 1),
            health: health.clone(),
            tally,
        })
    }

    async fn look(&self) -> Told {
        let context = self.health.context.borrow().clone();
        let standing = within(ANSWER, Standing::read(&self.pool, &context)).await;
        let standing = standing.inspect_err(|error| tracing::debug!(%error, "the database did not answer a scrape"));
        let work = &self.health.pool;
        Told {
            worker_alive: *self.health.worker_alive.borrow(),
            lines_dropped: logging::lines_dropped(),
            connections: (work.size(), work.num_idle(), work.options().get_max_connections()),
            is_private: context.settings.database.url.is_none(),
            jobs: Job::ALL.into_iter().filter(|job| job.is_configured(&context)).collect(),
            differs: self.tally.glance(&Filter::default()).found,
            standing: standing.ok(),
        }
    }
}

/// Whoever may look at the pages as a program does: with `http.token` its bearer, without one the programs of this machine.
pub(super) async fn metrics(State(scrape): State<Arc<Scrape>>, headers: HeaderMap) -> Response {
    let context = scrape.health.context.borrow().clone();
    if let Err(refusal) = door::admit_program(&headers, context.settings.http.token.as_ref()) {
        return refusal;
    }
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let format = Format::of(accept.unwrap_or_default());
    match metrics::write(scrape.look().await, format) {
        Ok(page) => ([(header::CONTENT_TYPE, format.content_type())], page).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}
