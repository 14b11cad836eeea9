//! Sverka keeps a distributor's ERP, KEAZ, Saplab and Carreta in agreement, through one durable queue in PostgreSQL.
//!
//! ```text
//!         erp.*  (what we want)          mirror.*  (what each upstream last said or acknowledged)
//!              \                          /        ^
//!               v                        v         | an answer updates the mirror in the transaction
//!                 diff.*  (SQL views)              | that ends its call
//!                        |                         |
//!                  job (stages)                    |
//!                        v                         |
//!                  queue.call --> worker --> operation --> upstream --> KEAZ / Saplab / Carreta
//! ```
//!
//! [`job`] says what to ask for, [`queue`] makes sure that it happens once, [`operation`] turns a call into a request
//! and its answer into rows, [`hold`] keeps back what is too much to be true, [`plan`] keeps what a person was shown, so
//! that exactly that is applied, [`upstream`] speaks the wire. [`daemon`] puts them to work, [`cli`] lets people at them,
//! [`simulate`] plays the upstreams.

pub mod cli;
pub mod config;
pub mod context;
pub mod daemon;
pub mod db;
pub mod diff;
pub(crate) mod erp;
pub mod history;
pub mod hold;
pub mod job;
#[doc(hidden)]
pub mod kill;
pub mod logging;
pub(crate) mod metrics;
pub(crate) mod mirror;
pub(crate) mod notify;
pub mod operation;
pub mod page;
pub mod plan;
mod provoke;
pub mod queue;
pub mod simulate;
pub(crate) mod status;
pub(crate) mod trace;
pub mod upstream;
pub mod value;
pub mod words;
