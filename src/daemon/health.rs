//! The HTTP server. `/healthz`: the process lives. `/readyz`: it works, and every freshness promise holds;
//! `/readyz?exclude=freshness` leaves the promises out, for who asks whether this replica works: a site that is down makes every
//! replica late, and starting others mends nothing. `/metrics` is in `scrape.rs`, the admin's pages are in [`page`].

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::freshness::{self, Fresh};
use super::scrape::{self, Scrape};
use crate::context::Context;
use crate::db::deadline::within;
use crate::page::{self, Site};
use crate::queue::pause::{self, Pause};
use crate::queue::restore;

/// A pool that has no free connection for so long is used up.
const NO_WAIT: Duration = Duration::from_secs(1);
/// The pages answer within so long, whatever the database does.
const ANSWER: Duration = Duration::from_secs(3);

/// What the pages look at.
#[derive(Clone)]
pub struct Health {
    /// Where the work is done.
    pub pool: PgPool,
    /// A connection of its own, for the pages.
    pub vital: PgPool,
    /// The settings in force.
    pub context: watch::Receiver<Arc<Context>>,
    /// Whether the worker's loops live.
    pub worker_alive: watch::Receiver<bool>,
}

/// A promise of `[freshness]` that is broken.
#[derive(Clone, Debug, Serialize)]
pub struct Stale {
    /// The job.
    pub job: &'static str,
    /// When it last succeeded; empty = never.
    pub last_success: Option<DateTime<Utc>>,
    /// The promise, in seconds.
    pub promised_seconds: u64,
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    reasons: Vec<String>,
    stale: Vec<Stale>,
    /// What a person has paused, which is no reason.
    paused: Vec<String>,
}

/// Serves these pages, and the admin's beside them, until stopped.
pub async fn serve(listener: TcpListener, health: Health, stop: CancellationToken) {
    let site = Site::new(&health.pool, health.context.clone(), stop.clone());
    let scrape = Scrape::new(&health, site.tally());
    let metrics = Router::new().route("/metrics", get(scrape::metrics)).with_state(scrape);
    let app = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .with_state(health)
        .merge(metrics)
        .merge(page::router(site))
        .into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(listener, app)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
    {
        tracing::error!(%error, "the HTTP server ended");
    }
}

/// What `/readyz` is asked.
#[derive(Deserialize)]
struct Question {
    exclude: Option<Excluded>,
}

/// What is not looked at.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Excluded {
    Freshness,
}

async fn readyz(State(health): State<Health>, Query(question): Query<Question>) -> (StatusCode, Json<Ready>) {
    let context = health.context.borrow().clone();
    let mut reasons = Vec::new();
    if !*health.worker_alive.borrow() {
        reasons.push("the worker does not reach the database".to_owned());
    }
    // Where it cannot be asked, the next question says so.
    if let Ok(Some(restore)) = within(ANSWER, restore::open(&health.vital)).await {
        reasons.push(restore.to_string());
    }
    if within::<_, sqlx::Error>(NO_WAIT, health.pool.acquire()).await.is_err() {
        reasons.push("no connection to the database is free".to_owned());
    }
    let promises = match question.exclude {
        Some(Excluded::Freshness) => within(ANSWER, answers(&health.vital)).await,
        None => within(ANSWER, stale(&health.vital, &context)).await,
    };
    let stale = match promises {
        Ok(stale) => stale,
        Err(error) => {
            reasons.push(format!("the database does not answer: {error}"));
            Vec::new()
        }
    };
    reasons.extend(
        stale
            .iter()
            .map(|stale| format!("job {} has not succeeded for longer than promised", stale.job)),
    );
    let paused = within(ANSWER, pause::open(&health.vital)).await.unwrap_or_default();
    let ready = reasons.is_empty();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let answer = Ready {
        ready,
        reasons,
        stale,
        paused: paused.iter().map(Pause::words).collect(),
    };
    (status, Json(answer))
}

/// Whether the database answers at all; no promise is looked at.
async fn answers(pool: &PgPool) -> sqlx::Result<Vec<Stale>> {
    sqlx::query("SELECT").execute(pool).await.map(|_| Vec::new())
}

/// Which promises of `[freshness]` are broken. A job that has never succeeded is measured from the installation on.
pub async fn stale(pool: &PgPool, context: &Context) -> sqlx::Result<Vec<Stale>> {
    let jobs = freshness::read(pool, context).await?;
    Ok(jobs.iter().filter_map(Fresh::stale).collect())
}
