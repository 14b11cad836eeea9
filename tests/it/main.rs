//! The integration tests: a real PostgreSQL, the real HTTP clients against the simulator, the real binary where
//! processes matter. Each module is one subject; `support` is the harness that all of them stand on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic of a test is its report"
)]

mod call;
mod carreta;
mod cli;
mod daemon;
mod erp_views;
mod explain;
mod faults;
mod guard;
mod harness;
mod keaz;
mod kill;
mod migrations;
mod panel;
mod purchases;
mod queue;
mod refusals;
mod runs;
mod schedule;
mod secrets;
mod shop;
mod support;
mod sync;
mod upstreams;
