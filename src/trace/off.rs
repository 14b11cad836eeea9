//! In a build without traces: the same functions, which do nothing.

use std::future::Future;
use std::time::Duration;

use sqlx::PgPool;

use crate::queue::Call;
use crate::upstream::Upstream;

/// Begins to export, where that is asked for: here it cannot be.
pub(crate) async fn start(_: &PgPool) {
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        tracing::warn!(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but this sverka was built without traces (cargo feature otlp)"
        );
    }
}

/// Exports what is left.
pub(crate) async fn stop() {}

/// An attempt at a call, and everything that is done for it.
pub(crate) fn attempt<F: Future>(_: &Call, _: Upstream, work: F) -> F {
    work
}

/// How the attempt has ended; `since_asked`: where the call is over with it.
pub(crate) fn attempted(_: &Call, _: Upstream, _: &'static str, _: Option<Duration>) {}

/// A request on the wire; `outcome` says what came of it, in a word.
pub(crate) fn request<F: Future>(_: Option<Upstream>, work: F, _: fn(&F::Output) -> &'static str) -> F {
    work
}

/// A run has ended.
pub(crate) fn run_ended(_: i64, _: &'static str, _: &'static str, _: Option<Duration>) {}
