//! Brings the schema up to what this binary knows, once, whoever starts first; refuses a schema from the future.
//!
//! One transaction on a connection of its own, under a lock that ends with it: cut off anywhere, nothing is kept and
//! nobody is held up. Whoever finds another one at it waits for a while, then says so.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

use super::DbError;
use super::deadline::{ORDINARY, within};
use crate::config::Settings;
use crate::kill;
use crate::queue::presence;

/// What `migrate` found and did.
#[derive(Debug)]
pub struct Migrated {
    /// The version of the schema now.
    pub version: i64,
    /// How many migrations were applied by this call.
    pub applied: usize,
}

const TABLE: &str = "queue.migration";

/// So long another process may hold the lock, and a migration wait for a table.
const PATIENCE: Duration = Duration::from_secs(30);

/// However long a migration takes, a server that is silent for so long is gone.
const LIMIT: Duration = Duration::from_secs(900);

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("./migrations");
    migrator.dangerous_set_table_name(TABLE);
    // sqlx would lock the session, which nobody has behind a pooler.
    migrator.set_locking(false);
    migrator.create_schema("queue");
    migrator
}

/// Applies what is missing, lays the diff views, and writes down the settings that the views need.
pub async fn migrate(options: &PgConnectOptions, settings: &Settings) -> Result<Migrated, DbError> {
    migrate_within(options, settings, PATIENCE).await
}

/// The same, waiting so long for others.
pub async fn migrate_within(
    options: &PgConnectOptions,
    settings: &Settings,
    patience: Duration,
) -> Result<Migrated, DbError> {
    let mut connection = within(ORDINARY, options.connect()).await?;
    let result = within(LIMIT, migrate_on(&mut connection, settings, patience)).await;
    // Not waited for: the server ends what we leave.
    let _ = connection.close_hard().await;
    result
}

async fn migrate_on(
    connection: &mut PgConnection,
    settings: &Settings,
    patience: Duration,
) -> Result<Migrated, DbError> {
    let mut tx = connection.begin().await?;
    lock(&mut tx, patience).await?;
    let migrator = migrator();
    let before = applied(&mut tx).await?;
    kill::point("migrate.before");
    migrator
        .run_direct(None, &mut *tx, false)
        .await
        .map_err(|error| match error {
            MigrateError::VersionMissing(version) => DbError::SchemaTooNew(version),
            MigrateError::VersionMismatch(version) => DbError::Migration(format!(
                "migration {version} in the database is not the one this binary knows"
            )),
            other => DbError::Migration(other.to_string()),
        })?;
    kill::point("migrate.applied");
    adopt_settings(&mut tx, settings).await?;
    crate::diff::lay_views(&mut tx).await?;
    tx.commit().await?;
    kill::point("migrate.done");
    let known = migrator
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or_default();
    Ok(Migrated {
        version: known,
        applied: migrator.iter().count().saturating_sub(before),
    })
}

/// One at a time. No notices: "already exists, skipping" at every start tells nobody anything. What a pooler's other
/// clients have prepared would be taken for ours.
async fn lock(tx: &mut PgConnection, patience: Duration) -> Result<(), DbError> {
    let set = format!(
        "DEALLOCATE ALL; SET LOCAL client_min_messages = error; SET LOCAL lock_timeout = {}",
        patience.as_millis()
    );
    tx.execute(sqlx::AssertSqlSafe(set)).await?;
    let locked = tx.execute("SELECT pg_advisory_xact_lock(hashtext('sverka migration'))");
    match locked.await {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => Err(DbError::Busy(patience)),
        locked => Ok(locked.map(drop)?),
    }
}

/// How many migrations the database holds already; none before the first.
async fn applied(connection: &mut PgConnection) -> sqlx::Result<usize> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(TABLE)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(0);
    }
    let applied: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {TABLE}")))
        .fetch_one(connection)
        .await?;
    Ok(usize::try_from(applied).unwrap_or_default())
}

/// A command looks with its own settings only while no daemon is alive: else the daemon's stay in force.
async fn adopt_settings(connection: &mut PgConnection, settings: &Settings) -> sqlx::Result<()> {
    if presence::daemons_alive(&mut *connection).await? == 0 {
        store_settings(connection, settings).await?;
    }
    Ok(())
}

/// Where we can buy, as `erp.purchase_orders.supplier` names them.
pub(crate) fn suppliers(settings: &Settings) -> Vec<&'static str> {
    let carreta = settings.carreta.base_url.is_some().then_some("carreta");
    let saplab = settings.saplab.client.base_url.is_some().then_some("saplab");
    carreta.into_iter().chain(saplab).collect()
}

/// The views of schema `diff` depend on these; no secret is among them.
pub(crate) async fn store_settings(connection: &mut PgConnection, settings: &Settings) -> sqlx::Result<()> {
    let suppliers = suppliers(settings);
    let values = [
        ("suppliers", serde_json::json!(suppliers)),
        ("keaz.brands", serde_json::json!(settings.keaz.brands)),
        ("keaz.on_missing", serde_json::json!(settings.keaz.on_missing.as_str())),
        ("saplab.on_drift", serde_json::json!(settings.saplab.on_drift.as_str())),
        ("saplab.status_map", serde_json::json!(settings.saplab.status_map)),
    ];
    let (names, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
    sqlx::query(
        "INSERT INTO queue.setting (name, value) SELECT * FROM unnest($1::text[], $2::jsonb[])
         ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE setting.value <> excluded.value",
    )
    .bind(names)
    .bind(values)
    .execute(connection)
    .await?;
    Ok(())
}
