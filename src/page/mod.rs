//! The admin page: server-rendered HTML over the same functions that the commands use. It decides nothing by itself.
//!
//! `door.rs` lets people in, `frame.rs` is what stands around every page, `live.rs` tells open pages that something has
//! changed; then one file for each page, and `act.rs` for what its buttons do. `ours.rs` has the words for our own
//! sentences that are kept in English. The script in `assets/` makes pages follow what happens; without it they are
//! complete, and still.

mod act;
mod api;
mod article;
mod assets;
mod call;
mod diff;
pub mod door;
mod frame;
mod goods;
mod history;
mod holds;
mod live;
mod order;
mod overview;
mod part;
mod pause;
mod plot;
mod purchases;
mod queue;
mod runs;
mod show;
mod waits;

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::db::{self, deadline::within};
use crate::diff::tally::Tally;
use crate::words::ours;
use door::{Door, Visitor};
use live::Live;

/// No page is waited for longer, whatever the database does.
const ANSWER: Duration = Duration::from_secs(5);

/// For all pages together.
const CONNECTIONS: u32 = 3;
/// For counting what differs, which takes long and must not hold up a page.
const COUNTING: u32 = 2;

/// What the pages look at.
#[derive(Clone)]
pub struct Site {
    /// Connections of the pages' own: who looks does not hold up the work.
    pub pool: PgPool,
    /// The settings in force.
    pub context: watch::Receiver<Arc<Context>>,
    door: Arc<Door>,
    live: Live,
    tally: Tally,
}

impl Site {
    /// The pages over this database; what runs beside them ends with `stop`.
    pub fn new(work: &PgPool, context: watch::Receiver<Arc<Context>>, stop: CancellationToken) -> Self {
        let pool = db::beside(work, CONNECTIONS);
        let tally = Tally::new(db::beside(work, COUNTING), stop.clone());
        Self {
            live: Live::start(pool.clone(), tally.clone(), stop),
            tally,
            pool,
            door: Arc::new(Door::new()),
            context,
        }
    }

    /// What differs, counted for the pages; for who shows it elsewhere.
    pub(crate) fn tally(&self) -> Tally {
        self.tally.clone()
    }

    /// The settings in force now.
    fn now(&self) -> Arc<Context> {
        self.context.borrow().clone()
    }
}

/// Every page, behind its door.
pub fn router(site: Site) -> Router {
    Router::new()
        .route("/", get(overview::page))
        .route("/diff", get(diff::page))
        .route("/runs", get(runs::page))
        .route("/runs/{id}", get(runs::one))
        .route("/act/sync", post(runs::sync))
        .route("/api/v1/status", get(api::status))
        .route("/api/v1/diff", get(api::diff))
        .route("/api/v1/runs", get(api::runs))
        .route("/api/v1/runs/{id}", get(api::run))
        .route("/api/v1/events", get(live::events))
        .route("/history", get(history::page))
        .route("/act/pause", post(pause::pause))
        .route("/act/resume", post(pause::resume))
        .route("/api/v1/history", get(history::api))
        .route("/queue", get(queue::page))
        .route("/queue/retry-all", post(act::retry_all))
        .route("/queue/{id}", get(call::page))
        .route("/queue/{id}/retry", get(call::confirm_retry).post(act::retry))
        .route("/queue/{id}/cancel", get(call::confirm_cancel).post(act::cancel))
        .route("/queue/{id}/look", post(act::look_again))
        .route("/holds", get(holds::list))
        .route("/holds/{id}", get(holds::page))
        .route("/holds/{id}/release", post(act::release))
        .route("/holds/{id}/refuse", post(act::refuse))
        .route("/goods", get(goods::page))
        .route("/article", get(article::by_query))
        .route("/article/{*article}", get(article::page))
        .route("/order", get(order::by_query))
        .route("/order/{*number}", get(order::page))
        .route("/purchases", get(purchases::page))
        .route("/api/v1/calls", get(queue::api))
        .route("/api/v1/calls/{id}", get(call::api))
        .route("/api/v1/holds", get(holds::api_list))
        .route("/api/v1/holds/{id}", get(holds::api))
        .route("/api/v1/article/{*article}", get(article::api))
        .route("/api/v1/order/{*number}", get(order::api))
        .route("/api/v1/purchases", get(purchases::api))
        .route("/logout", post(door::logout))
        .fallback(nothing_here)
        // What there is not stands behind the door too: a stranger learns nothing.
        .layer(middleware::from_fn_with_state(site.clone(), door::guard))
        .route("/login", get(door::form).post(door::login))
        .route("/language", post(door::language))
        .route("/assets/{name}", get(assets::asset))
        .layer(middleware::from_fn(door::headers))
        .with_state(site)
}

async fn nothing_here(visitor: Visitor) -> Response {
    let (title, text) = (
        crate::say!(visitor.lang, "nothing-here"),
        crate::say!(visitor.lang, "nothing-here-text"),
    );
    (StatusCode::NOT_FOUND, frame::message(&visitor, &title, &text)).into_response()
}

/// Why a page could not be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// The database.
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
}

/// Left with an answer by a page that could not be shown, for [`explained`].
#[derive(Clone, Debug)]
struct Failed(String);

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, words) = match &self {
            Self::Database(_) => (StatusCode::SERVICE_UNAVAILABLE, self.to_string()),
        };
        let mut answer = (status, format!("{words}\n")).into_response();
        answer.extensions_mut().insert(Failed(words));
        answer
    }
}

/// A page that could not be shown says so as a page, in the language of who looks; to a program it says so in a line.
fn explained(visitor: &Visitor, answer: Response) -> Response {
    let Some(Failed(words)) = answer.extensions().get::<Failed>() else {
        return answer;
    };
    if visitor.path.starts_with("/api/") {
        return answer;
    }
    let lang = visitor.lang;
    let title = crate::say!(lang, "no-database");
    let text = format!("{} {words}", crate::say!(lang, "no-database-text"));
    (answer.status(), frame::message(visitor, &title, &text)).into_response()
}

/// A look into the database for a page, not longer than a person waits.
async fn look<T>(step: impl Future<Output = sqlx::Result<T>>) -> Result<T, PageError> {
    Ok(within(ANSWER, step).await?)
}
