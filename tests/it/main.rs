//! The integration tests: a real PostgreSQL, the real HTTP clients against the simulator, the real binary where
//! processes matter. Each module is one subject; `support` is the harness that all of them stand on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic of a test is its report"
)]

mod apply;
mod bench;
mod browser;
mod call;
mod carreta;
mod certificates;
mod cli;
mod crowd;
mod daemon;
mod database;
mod deploy;
mod docs;
mod erp_views;
mod explain;
mod faults;
mod frozen;
mod fuzz;
mod guard;
mod harness;
mod hostile;
mod journal;
mod keaz;
mod kill;
mod manners;
mod metrics;
mod migrations;
mod model;
mod notify;
#[cfg(feature = "otlp")]
mod otlp;
mod page;
mod panel;
mod points;
mod process;
mod purchases;
mod questions;
mod queue;
mod refusals;
mod reliability;
mod runs;
mod schedule;
mod secrets;
mod shop;
mod support;
mod sync;
mod terminal;
mod torture;
mod upstreams;
