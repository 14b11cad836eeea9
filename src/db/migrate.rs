//! Brings the schema up to what this binary knows, once, whoever starts first; refuses a schema from the future.
//!
//! Runs on a connection of its own, which is closed afterwards: an advisory lock of a cut migration goes with it.

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::DbError;
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

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("./migrations");
    migrator.dangerous_set_table_name(TABLE);
    migrator.create_schema("queue");
    migrator
}

/// Applies what is missing, lays the diff views, and writes down the settings that the views need.
pub async fn migrate(options: &PgConnectOptions, settings: &Settings) -> Result<Migrated, DbError> {
    // No notices: "already exists, skipping" at every start tells nobody anything.
    let quiet = options.clone().options([("client_min_messages", "error")]);
    let mut connection = quiet.connect().await?;
    let result = migrate_on(&mut connection, settings).await;
    // The connection is not pooled: closing it frees the lock of a migration that failed half-way.
    let _ = connection.close().await;
    result
}

async fn migrate_on(connection: &mut PgConnection, settings: &Settings) -> Result<Migrated, DbError> {
    let migrator = migrator();
    let before = applied(connection).await;
    kill::point("migrate.before");
    migrator
        .run_direct(None, connection, false)
        .await
        .map_err(|error| match error {
            MigrateError::VersionMissing(version) => DbError::SchemaTooNew(version),
            MigrateError::VersionMismatch(version) => DbError::Migration(format!(
                "migration {version} in the database is not the one this binary knows"
            )),
            other => DbError::Migration(other.to_string()),
        })?;
    kill::point("migrate.applied");
    adopt_settings(connection, settings).await?;
    crate::diff::lay_views(connection).await?;
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

/// How many migrations the database holds already; none before the first.
async fn applied(connection: &mut PgConnection) -> usize {
    connection
        .list_applied_migrations(TABLE)
        .await
        .map_or(0, |list| list.len())
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
