//! Traces of what this process does, for OpenTelemetry: a run, its calls, their attempts, their requests.
//!
//! Only with the cargo feature `otlp`, and only while `OTEL_EXPORTER_OTLP_ENDPOINT` is set; else there is nothing here but
//! functions that do nothing. A run and a call outlive processes: their spans are written when they end, under numbers
//! that every daemon of the database makes of their ids, so that attempts made elsewhere belong to them. A span tells
//! upstream, operation, ids and outcome; never an argument, an address or what was said.

#[cfg(feature = "otlp")]
mod otlp;

use std::future::Future;
use std::time::Duration;

use sqlx::PgPool;

use crate::queue::Call;
use crate::upstream::Upstream;

#[cfg(feature = "otlp")]
pub(crate) use otlp::{attempt, attempted, request, run_ended, start, stop};

/// Begins to export, where that is asked for.
#[cfg(not(feature = "otlp"))]
pub(crate) async fn start(_: &PgPool) {
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        tracing::warn!(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but this sverka was built without traces (cargo feature otlp)"
        );
    }
}

/// Exports what is left.
#[cfg(not(feature = "otlp"))]
pub(crate) async fn stop() {}

/// An attempt at a call, and everything that is done for it.
#[cfg(not(feature = "otlp"))]
pub(crate) fn attempt<F: Future>(_: &Call, _: Upstream, work: F) -> F {
    work
}

/// How the attempt has ended; `since_asked`: where the call is over with it.
#[cfg(not(feature = "otlp"))]
pub(crate) fn attempted(_: &Call, _: Upstream, _: &'static str, _: Option<Duration>) {}

/// A request on the wire; `outcome` says what came of it, in a word.
#[cfg(not(feature = "otlp"))]
pub(crate) fn request<F: Future>(_: Option<Upstream>, work: F, _: fn(&F::Output) -> &'static str) -> F {
    work
}

/// A run has ended.
#[cfg(not(feature = "otlp"))]
pub(crate) fn run_ended(_: i64, _: &'static str, _: &'static str, _: Option<Duration>) {}
