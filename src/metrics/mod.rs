//! What Prometheus is told at `/metrics`: how much was done, how long it took, and how everything stands.
//!
//! `own.rs` counts what this process does, where it does it. `standing.rs` reads at each scrape what stands in the
//! database, in a few bounded questions. `expose.rs` writes both down as text. Labels are names that the program knows
//! (upstream, operation, outcome, job, state): never an article, an order, a warehouse or an address.
//! `daemon/scrape.rs` lets Prometheus in. Every name is explained in docs/OPERATIONS.md, and a test compares the two.

mod expose;
mod own;
mod standing;

pub(crate) use expose::{Format, Told, write};
pub(crate) use own::{Word, own};
pub(crate) use standing::Standing;
