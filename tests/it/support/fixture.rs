//! A test's own world: database, simulator, settings. How to fill it is in `erp`, to work in `work`, to judge in `state`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use sverka::config::Settings;
use sverka::db::Database;
use sverka::simulate::{Effect, Simulator};
use tempfile::TempDir;

use super::postgres::TestDatabase;
use super::setup;

/// Everything that one test works with.
pub(crate) struct Fixture {
    /// Connections as the daemon's own.
    pub(crate) pool: PgPool,
    /// KEAZ, Saplab and Carreta.
    pub(crate) sim: Simulator,
    /// In force for what works in-process.
    pub(crate) settings: Settings,
    /// The same settings as a file, for processes.
    pub(crate) config: PathBuf,
    values: BTreeMap<String, Value>,
    /// `data_dir`, and where the configuration is.
    pub(crate) folder: TempDir,
    /// Dropped last.
    pub(crate) database: TestDatabase,
}

impl Fixture {
    pub(super) async fn open(
        database: TestDatabase,
        folder: TempDir,
        sim: Simulator,
        values: BTreeMap<String, Value>,
        config: PathBuf,
        settings: Settings,
    ) -> Self {
        // RUST_LOG=info shows what the work in-process says.
        if std::env::var_os("RUST_LOG").is_some() {
            let _ = sverka::logging::start(&settings.log);
        }
        let pool = Database::open_migrated(&settings).await.unwrap().pool;
        Self {
            pool,
            sim,
            settings,
            config,
            values,
            folder,
            database,
        }
    }

    /// Changes one setting, in the file and for the work in-process, as a restart would.
    pub(crate) async fn change(&mut self, key: &str, value: impl Into<Value>) {
        self.values.insert(key.to_owned(), value.into());
        self.settings = setup::load(&self.config, &self.values);
        sverka::db::migrate(&self.database.options, &self.settings)
            .await
            .unwrap();
    }

    /// Takes `database.url` out of the file: processes run a private cluster under `data_dir`.
    pub(crate) fn without_database_url(&mut self) {
        self.values.remove("database.url");
        self.settings = setup::load(&self.config, &self.values);
    }

    /// The same, and this pool to that cluster for everything in-process.
    pub(crate) async fn use_database(&mut self, pool: PgPool, options: PgConnectOptions) {
        self.without_database_url();
        sverka::db::migrate(&options, &self.settings).await.unwrap();
        self.pool = pool;
    }

    /// What the upstreams have applied so far; pass it to [`Fixture::effects_since`].
    pub(crate) fn mark(&self) -> usize {
        self.sim.ledger().len()
    }

    /// What the upstreams have applied since then.
    pub(crate) fn effects_since(&self, mark: usize) -> Vec<Effect> {
        self.sim.ledger().split_off(mark)
    }

    /// The same as `operation key = value`, sorted.
    pub(crate) fn told_since(&self, mark: usize) -> Vec<String> {
        let tell = |effect: Effect| format!("{} {} = {}", effect.operation, effect.key, effect.value);
        let mut told: Vec<_> = self.effects_since(mark).into_iter().map(tell).collect();
        told.sort();
        told
    }
}
