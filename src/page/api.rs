//! `/api/v1/status`, `/runs`, `/runs/{id}`, `/diff`: what the pages show, as the commands print it with `--format json`.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::diff::Asked;
use super::runs::{ON_A_PAGE, Whole};
use super::{PageError, Site, look, overview, runs};
use crate::diff::figures::Row;
use crate::diff::plan::Total;
use crate::queue::look::RunRow;
use crate::queue::run::history::{self, Part, Trouble};
use crate::status::Status;

/// As `sverka status --format json`; `differs_at` says how old `differs` is, `null` that it is being counted.
pub(super) async fn status(State(site): State<Site>) -> Result<Json<Status>, PageError> {
    Ok(Json(overview::read(&site).await?.0))
}

/// Runs under way, and past ones.
#[derive(Serialize)]
pub(super) struct Runs {
    open: Vec<RunRow>,
    ended: Vec<RunRow>,
}

/// `?job=`, `?before=ID`
pub(super) async fn runs(State(site): State<Site>, Query(which): Query<runs::Which>) -> Result<Json<Runs>, PageError> {
    let open = look(history::open(&site.pool)).await?;
    let ended = look(history::ended(&site.pool, which.job(), which.before(), ON_A_PAGE)).await?;
    Ok(Json(Runs { open, ended }))
}

#[derive(Serialize)]
struct Run {
    #[serde(flatten)]
    run: RunRow,
    parts: Vec<Part>,
    troubles: Vec<Trouble>,
}

/// One run, what its calls do, and those that went wrong.
pub(super) async fn run(State(site): State<Site>, Path(id): Path<i64>) -> Result<Response, PageError> {
    let Some(Whole { run, parts, troubles }) = runs::read(&site, id).await? else {
        return Ok((StatusCode::NOT_FOUND, "there is no such run\n").into_response());
    };
    Ok(Json(Run { run, parts, troubles }).into_response())
}

/// What differs. `totals` and the first `changes` of each job and action, as `sverka plan` shows them.
#[derive(Serialize)]
pub(super) struct Diff {
    /// When that was found; `null` = it is being looked into, ask again.
    at: Option<DateTime<Utc>>,
    failed: Option<String>,
    totals: Vec<Total>,
    changes: Vec<Row>,
}

/// `?job=`, `?warehouse=`, `?brand=`, `?article=`
pub(super) async fn diff(State(site): State<Site>, Query(asked): Query<Asked>) -> Json<Diff> {
    let known = site.tally.ask(&asked.filter()).await;
    let found = known.found.as_deref();
    Json(Diff {
        at: known.at(),
        failed: known.failed.clone(),
        totals: found.map(|found| found.totals.clone()).unwrap_or_default(),
        changes: found.map(|found| found.rows.clone()).unwrap_or_default(),
    })
}
