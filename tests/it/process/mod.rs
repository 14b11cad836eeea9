//! The process and its surroundings: restored backups, a second daemon, panics, limits, clocks, and the people who run it.

mod clock;
mod limits;
mod operator;
mod panics;
mod recovery;
mod restore;
mod two;

use crate::support::Fixture;

const ALL_ENDED: &str = "NOT EXISTS (SELECT FROM queue.run WHERE state <> 'ended')";
const NOTHING_OPEN: &str = "NOT EXISTS (SELECT FROM queue.call WHERE state IN ('pending', 'running', 'unknown'))";

/// A daemon is asked for everything, and has done it.
async fn sync(fixture: &Fixture, daemon: &crate::support::Daemon) {
    let jobs = fixture.count("queue.run").await;
    daemon.signal(nix::sys::signal::Signal::SIGUSR1);
    let asked = format!("(SELECT count(*) >= {jobs} + 5 FROM queue.run)");
    fixture.until("the runs", &asked).await;
    fixture.until("their end", ALL_ENDED).await;
    fixture.until("the last call", NOTHING_OPEN).await;
}
