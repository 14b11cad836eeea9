//! Logs: text or JSON on standard error, filtered by `log.level` or `RUST_LOG`, through a queue that nobody waits for.
//!
//! The HTTP and TLS libraries may write addresses and headers at debug and trace; they are capped at info, whatever the
//! filter says, so that no key reaches a log.

mod lossy;

use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use std::time::Duration;

use lossy::Lossy;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

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

/// The log of this process, to be flushed at its end.
static LOG: OnceLock<Lossy> = OnceLock::new();

/// Longest wait at the end of the process for somebody to read the log.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Starts logging. Fails if something has started it before.
pub fn start(log: &Log) -> Result<(), TryInitError> {
    let filter = std::env::var("RUST_LOG")
        .ok()
        .filter(|filter| !filter.is_empty())
        .and_then(|filter| filter.parse().ok())
        .unwrap_or_else(|| log.level.parse().unwrap_or_else(|_| EnvFilter::new("info")));
    // Filters of the whole registry, not of the layer: a layer's own filter loses events after a library has only asked
    // whether it would be heard, as sqlx does.
    let filtered = tracing_subscriber::registry().with(filter).with(filter_fn(is_harmless));
    let dropped = match log.format {
        LogFormat::Text => dropped_text,
        LogFormat::Json => dropped_json,
    };
    // Without a thread there is no queue: then whoever logs waits.
    let writer = match Lossy::start(std::io::stderr(), dropped) {
        Ok(lossy) => BoxMakeWriter::new(LOG.get_or_init(|| lossy).clone()),
        Err(_) => BoxMakeWriter::new(std::io::stderr),
    };
    let layer = fmt::layer().with_writer(writer);
    match log.format {
        LogFormat::Text => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
            filtered.with(layer.with_ansi(colours).with_target(false)).try_init()
        }
        LogFormat::Json => filtered.with(layer.json().flatten_event(true)).try_init(),
    }
}

/// From now on panics are told in the log. Called by the binary.
pub(crate) fn hook_panics() {
    std::panic::set_hook(Box::new(panicked));
}

/// Writes what is left of the log. Called at the end of the process, however it ends.
pub fn flush() {
    if let Some(log) = LOG.get() {
        log.flush(LAST_WORDS);
    }
}

/// Lines of the log that nobody read, since the beginning.
pub(crate) fn lines_dropped() -> u64 {
    LOG.get().map_or(0, Lossy::dropped)
}

fn dropped_text(lines: u64) -> String {
    format!("{lines} lines of the log were dropped: nobody read it\n")
}

fn dropped_json(lines: u64) -> String {
    format!("{{\"level\":\"WARN\",\"message\":\"lines of the log were dropped: nobody read it\",\"lines\":{lines}}}\n")
}

/// Where a task panicked, and what it said. Beyond a fixed text that may hold anything, a secret too, and stays untold.
fn told(info: &PanicHookInfo<'_>) -> (String, &'static str) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let words = info.payload().downcast_ref::<&'static str>().copied();
    (place, words.unwrap_or("withheld"))
}

/// Tells of a panic where there is no log: a command that has the whole terminal.
pub(crate) fn say_panic(info: &PanicHookInfo<'_>) {
    let (place, words) = told(info);
    eprintln!("sverka: a fault of the program at {place}: {words}");
}

fn panicked(info: &PanicHookInfo<'_>) {
    let (place, words) = told(info);
    tracing::error!(place, words, "a task panicked: a fault of the program");
    // The process ends with its main thread.
    if std::thread::current().name() == Some("main") {
        flush();
    }
}

fn is_harmless(event: &Metadata<'_>) -> bool {
    match event.target().split("::").next().unwrap_or_default() {
        // Its own life is of no interest to anybody.
        "tokio_cron_scheduler" => *event.level() <= Level::WARN,
        library => *event.level() <= Level::INFO || !CAPPED.contains(&library),
    }
}
