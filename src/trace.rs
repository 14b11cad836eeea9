//! Traces of what this process does, for OpenTelemetry: a run, its calls, their attempts, their requests.
//!
//! Only with the cargo feature `otlp`, and only while `OTEL_EXPORTER_OTLP_ENDPOINT` is set; else there is nothing here but
//! functions that do nothing. A run and a call outlive processes: their spans are written when they end, under numbers
//! that every daemon of the database makes of their ids, so that attempts made elsewhere belong to them. A span tells
//! upstream, operation, ids and outcome; never an argument, an address or what was said.

#[cfg(not(feature = "otlp"))]
mod off;
#[cfg(feature = "otlp")]
mod otlp;

#[cfg(not(feature = "otlp"))]
pub(crate) use off::{attempt, attempted, request, run_ended, start, stop};
#[cfg(feature = "otlp")]
pub(crate) use otlp::{attempt, attempted, request, run_ended, start, stop};
