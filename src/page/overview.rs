//! `/`: how everything stands.

use axum::extract::State;
use maud::{Markup, html};

use super::door::Visitor;
use super::{PageError, Site, frame, look};
use crate::queue;
use crate::say;

pub(super) async fn page(State(site): State<Site>, visitor: Visitor) -> Result<Markup, PageError> {
    let runs = look(queue::look::last_runs(&site.pool)).await?;
    let content = html! {
        section #jobs data-live {
            @for run in &runs { p { (run.job) " " (run.state) } }
        }
    };
    Ok(frame::page(&visitor, &say!(visitor.lang, "nav-overview"), &content))
}
