//! The harness: one private PostgreSQL for the process, a fresh database, simulator and settings for each test.
//!
//! ```text
//! let fixture = Setup::new().set("keaz.format", "xml").start().await;
//! fixture.fill(2, 30).await;                    // the ERP: 2 warehouses x 30 articles
//! fixture.sync_done(&[Job::Stock]).await;       // requests runs, works in-process until they have ended
//! fixture.assert_in_sync().await;               // every view of schema diff is empty
//! fixture.assert_keaz_equals_erp().await;
//! let mut daemon = fixture.daemon().await;      // the real binary, ready; killed on drop
//! ```

mod ask;
mod canary;
mod erp;
mod fixture;
mod postgres;
mod process;
mod proxy;
mod setup;
mod state;
mod terminal;
mod wait;
mod work;

pub(crate) use canary::Canaries;
#[allow(unused_imports, reason = "each module of tests takes what it needs")]
pub(crate) use fixture::Fixture;
pub(crate) use postgres::{has_ended, kill_with_us};
pub(crate) use process::{Daemon, get, get_with};
pub(crate) use proxy::{Proxy, Then, Toxic};
pub(crate) use setup::Setup;
#[allow(unused_imports, reason = "each module of tests takes what it needs")]
pub(crate) use wait::{PATIENCE, until, until_within};
