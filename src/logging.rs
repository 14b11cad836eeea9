//! Logs: text or JSON on standard error, filtered by `log.level` or `RUST_LOG`.
//!
//! The HTTP and TLS libraries may write addresses and headers at debug and trace; they are capped at info, whatever the
//! filter says, so that no key reaches a log.

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Registry, fmt};

use crate::config::{Log, LogFormat};

/// Libraries that handle requests, credentials or connection strings.
const CAPPED: [&str; 8] = [
    "hyper",
    "hyper_util",
    "reqwest",
    "h2",
    "rustls",
    "sqlx",
    "tower",
    "config",
];

/// Starts logging. Fails if something has started it before.
pub fn start(log: &Log) -> Result<(), TryInitError> {
    let filter = std::env::var("RUST_LOG")
        .ok()
        .filter(|filter| !filter.is_empty())
        .and_then(|filter| filter.parse().ok())
        .unwrap_or_else(|| log.level.parse().unwrap_or_else(|_| EnvFilter::new("info")));
    // Filters of the whole registry, not of the layer: sqlx asks whether its statements are wanted without sending an
    // event, and a layer's own filter would then drop this thread's next event, whatever it is.
    let registry = Registry::default().with(filter).with(filter_fn(is_harmless));
    match log.format {
        LogFormat::Text => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
            let layer = fmt::layer()
                .with_writer(std::io::stderr)
                .with_ansi(colours)
                .with_target(false);
            registry.with(layer).try_init()
        }
        LogFormat::Json => {
            let layer = fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
            registry.with(layer).try_init()
        }
    }
}

fn is_harmless(event: &Metadata<'_>) -> bool {
    let library = event.target().split("::").next().unwrap_or_default();
    *event.level() <= Level::INFO || !CAPPED.contains(&library)
}
