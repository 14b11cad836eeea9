//! Which processes work on this queue: one row each, kept fresh by the heartbeat.

use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use sqlx::{PgExecutor, PgPool};

use super::claim::interval;

/// A daemon that has not been seen for so long is taken for dead.
pub const SILENCE: Duration = Duration::from_secs(15);

/// What kind of process works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `sverka run`
    Daemon,
    /// A command that does the work itself because no daemon is alive.
    Command,
}

/// Registers this process; the id owns leases.
pub async fn register(pool: &PgPool, role: Role) -> sqlx::Result<i64> {
    let role = match role {
        Role::Daemon => "daemon",
        Role::Command => "command",
    };
    sqlx::query_scalar("INSERT INTO queue.daemon (role, host, pid, version) VALUES ($1, $2, $3, $4) RETURNING id")
        .bind(role)
        .bind(host())
        .bind(i32::try_from(std::process::id()).unwrap_or_default())
        .bind(env!("CARGO_PKG_VERSION"))
        .fetch_one(pool)
        .await
}

/// Says goodbye: nobody waits for this process any more.
pub async fn leave(pool: &PgPool, daemon_id: i64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM queue.daemon WHERE id = $1")
        .bind(daemon_id)
        .execute(pool)
        .await?;
    Ok(())
}

/// How many daemons are alive. One of this host whose process is gone is not, however short ago it was seen.
pub async fn daemons_alive(database: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    let seen: Vec<(String, i32)> =
        sqlx::query_as("SELECT host, pid FROM queue.daemon WHERE role = 'daemon' AND seen_at > now() - $1")
            .bind(interval(SILENCE))
            .fetch_all(database)
            .await?;
    let here = host();
    let alive = seen.iter().filter(|(host, pid)| *host != here || is_running(*pid));
    Ok(i64::try_from(alive.count()).unwrap_or(i64::MAX))
}

fn is_running(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}

pub(crate) fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| "localhost".into(), |name| name.trim().into())
}
