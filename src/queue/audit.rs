//! Who did what to the queue by hand: one row of `queue.audit` for each act, in the transaction that carries it out.
//!
//! Written by the commands and pages that change what the daemon would do by itself; shown by `sverka queue show`.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};

use super::presence;

/// An act of a person, as it is shown.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Act {
    /// When.
    pub at: DateTime<Utc>,
    /// `user@host`, or where the page was
    pub who: String,
    /// The command, without its arguments.
    pub command: String,
    /// What was found then.
    pub words: Option<String>,
}

/// Writes down that somebody did that, to a call if to one.
pub async fn record(
    tx: &mut PgConnection,
    who: &str,
    command: &str,
    call_id: Option<i64>,
    words: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO queue.audit (who, command, call_id, words) VALUES ($1, $2, $3, $4)")
        .bind(who)
        .bind(command)
        .bind(call_id)
        .bind(words)
        .execute(tx)
        .await?;
    Ok(())
}

/// What people did to a call, oldest first.
pub async fn of_call(pool: &PgPool, call_id: i64) -> sqlx::Result<Vec<Act>> {
    sqlx::query_as("SELECT at, who, command, words FROM queue.audit WHERE call_id = $1 ORDER BY id")
        .bind(call_id)
        .fetch_all(pool)
        .await
}

/// Who runs this process, as `user@host`: who called `sudo`, where somebody did; else the user of this process, as whom it
/// was when it was first asked.
pub fn who() -> String {
    static WHO: OnceLock<String> = OnceLock::new();
    WHO.get_or_init(|| {
        let sudo = std::env::var("SUDO_USER").ok().filter(|name| !name.is_empty());
        let uid = nix::unistd::getuid();
        let user = || nix::unistd::User::from_uid(uid).ok().flatten().map(|user| user.name);
        let name = sudo.or_else(user).unwrap_or_else(|| format!("uid {uid}"));
        format!("{name}@{}", presence::host())
    })
    .clone()
}
