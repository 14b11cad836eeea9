//! What the buttons do: each is a POST that calls the same function as its command, and leads back to a page that says so.
//!
//! A decision is about what the person was shown. What has changed since is told instead of done.

use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::Deserialize;

use super::door::{Asked, Visitor};
use super::{PageError, Site, look, part};
use crate::hold::decide;
use crate::queue::list::{self, Filter};
use crate::queue::look::{self as queue, Shown};
use crate::queue::second_look;

/// A decision about a call. (A form's values are texts here: they come through a flattened struct.)
#[derive(Debug, Deserialize)]
pub(super) struct OfCall {
    state: String,
    attempt: String,
    #[serde(default)]
    sure: String,
}

impl OfCall {
    fn shown(&self) -> Shown {
        Shown {
            state: self.state.clone(),
            // A number that is none is that of no call.
            attempt: self.attempt.parse().unwrap_or(-1),
        }
    }

    /// A call that may have happened is decided about on a page of its own.
    fn must_be_asked(&self) -> bool {
        self.state == "quarantined" && self.sure != "yes"
    }
}

pub(super) async fn retry(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Asked(asked): Asked<OfCall>,
) -> Result<Redirect, PageError> {
    if asked.must_be_asked() {
        return Ok(Redirect::to(&format!("/queue/{id}/retry")));
    }
    let done = look(queue::retry_shown(&site.pool, id, Some(&asked.shown()), &visitor.who)).await?;
    Ok(back(id, if done { "retried" } else { "moved" }))
}

pub(super) async fn cancel(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Asked(asked): Asked<OfCall>,
) -> Result<Redirect, PageError> {
    if asked.must_be_asked() {
        return Ok(Redirect::to(&format!("/queue/{id}/cancel")));
    }
    let done = look(queue::cancel_shown(&site.pool, id, Some(&asked.shown()), &visitor.who)).await?;
    Ok(back(id, if done { "cancelled" } else { "moved" }))
}

#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

/// Reads what the upstream holds, through the queue.
pub(super) async fn look_again(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Redirect, PageError> {
    let asked = look(second_look::ask(&site.pool, &site.now(), id, &visitor.who)).await?;
    Ok(back(id, if asked { "looking" } else { "nothing" }))
}

fn back(id: i64, said: &str) -> Redirect {
    Redirect::to(&format!("/queue/{id}?said={said}"))
}

#[derive(Debug, Deserialize)]
pub(super) struct All {
    #[serde(default)]
    upstream: String,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    about: String,
    up_to: String,
}

pub(super) async fn retry_all(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(asked): Asked<All>,
) -> Result<Redirect, PageError> {
    let filter = Filter::typed("dead", &asked.upstream, &asked.operation, &asked.about);
    let up_to = asked.up_to.parse().unwrap_or(0);
    let count = look(list::retry_all(&site.pool, &filter, up_to, &visitor.who)).await?;
    let query = part::query(&[
        ("state", "dead"),
        ("upstream", &asked.upstream),
        ("operation", &asked.operation),
        ("about", &asked.about),
        ("count", &count.to_string()),
    ]);
    Ok(Redirect::to(&format!("/queue{query}")))
}

/// A decision about a hold, with the mark of the rows that were shown.
#[derive(Debug, Deserialize)]
pub(super) struct OfHold {
    mark: String,
}

pub(super) async fn release(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Asked(asked): Asked<OfHold>,
) -> Result<Redirect, PageError> {
    let done = look(decide::release_shown(&site.pool, id, Some(&asked.mark), &visitor.who)).await?;
    let said = if done { "released" } else { "moved" };
    Ok(Redirect::to(&format!("/holds/{id}?said={said}")))
}

pub(super) async fn refuse(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Asked(Nothing {}): Asked<Nothing>,
) -> Result<Redirect, PageError> {
    let done = look(decide::refuse(&site.pool, id, &visitor.who)).await?;
    let said = if done { "refused" } else { "moved" };
    Ok(Redirect::to(&format!("/holds/{id}?said={said}")))
}
