//! Which processes work on this queue: one row each, kept fresh by the heartbeat.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde::Serialize;
use serde_json::Value;
use sqlx::{PgExecutor, PgPool};

use super::claim::interval;
use super::event;

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
    let mut tx = pool.begin().await?;
    let id =
        sqlx::query_scalar("INSERT INTO queue.daemon (role, host, pid, version) VALUES ($1, $2, $3, $4) RETURNING id")
            .bind(role)
            .bind(host())
            .bind(i32::try_from(std::process::id()).unwrap_or_default())
            .bind(env!("CARGO_PKG_VERSION"))
            .fetch_one(&mut *tx)
            .await?;
    let sql = format!(
        "INSERT INTO queue.event (kind, facts) SELECT 'daemon_began', {} FROM queue.daemon d WHERE id = $1 AND role = 'daemon'",
        event::DAEMON
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(id)
}

/// Says goodbye: nobody waits for this process any more.
pub async fn leave(pool: &PgPool, daemon_id: i64) -> sqlx::Result<()> {
    let sql = format!(
        "WITH left_us AS (DELETE FROM queue.daemon WHERE id = $1 RETURNING *)
         INSERT INTO queue.event (kind, facts) SELECT 'daemon_ended', {} FROM left_us d WHERE role = 'daemon'",
        event::DAEMON
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(daemon_id)
        .execute(pool)
        .await?;
    Ok(())
}

/// A daemon that is alive.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Alive {
    /// `queue.daemon.id`
    pub id: i64,
    /// Its machine.
    pub host: String,
    /// Its process there.
    pub pid: i32,
    /// Of the program.
    pub version: String,
    /// Since when.
    pub started_at: DateTime<Utc>,
    /// Settings that all of them should share.
    #[serde(skip)]
    pub settings: Option<Value>,
}

impl fmt::Display for Alive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.started_at.format("%F %T UTC");
        write!(f, "{} pid {} since {since}", self.host, self.pid)
    }
}

/// The daemons that are alive, the oldest first. One of this host whose process is gone is not, however short ago it was
/// seen.
pub async fn daemons(database: impl PgExecutor<'_>) -> sqlx::Result<Vec<Alive>> {
    let mut alive: Vec<Alive> = sqlx::query_as(
        "SELECT id, host, pid, version, started_at, settings FROM queue.daemon
          WHERE role = 'daemon' AND seen_at > now() - $1 ORDER BY id",
    )
    .bind(interval(SILENCE))
    .fetch_all(database)
    .await?;
    let here = host();
    alive.retain(|daemon| daemon.host != here || is_running(daemon.pid));
    Ok(alive)
}

/// How many daemons are alive.
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

/// Keeps a daemon's row, with what it works by. It comes back where it was lost: pruned after a long sleep, or not in the
/// backup that was restored.
pub async fn stay(pool: &PgPool, daemon_id: i64, settings: &Value) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO queue.daemon AS d (id, role, host, pid, version, settings) OVERRIDING SYSTEM VALUE
         VALUES ($1, 'daemon', $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET settings = excluded.settings WHERE d.settings IS DISTINCT FROM excluded.settings",
    )
    .bind(daemon_id)
    .bind(host())
    .bind(i32::try_from(std::process::id()).unwrap_or_default())
    .bind(env!("CARGO_PKG_VERSION"))
    .bind(settings)
    .execute(pool)
    .await?;
    Ok(())
}

fn is_running(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}

/// The name of this machine. Asked of the kernel and not of /proc, which a hardened service does not see.
pub(crate) fn host() -> String {
    let name = nix::unistd::gethostname();
    name.map_or_else(|_| "localhost".into(), |name| name.to_string_lossy().into_owned())
}
