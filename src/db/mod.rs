//! The way to PostgreSQL: a server of the company's by URL, or a private [`cluster`] of our own.
//!
//! [`Database::open`] gives a pool whose connections are never inside somebody else's transaction and whose every
//! query is bounded, over a schema that this binary knows.

pub mod cluster;
pub(crate) mod deadline;
pub mod horizon;
mod migrate;
pub(crate) mod passing;
mod pool;

use std::path::Path;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgPool};

use crate::config::Settings;
use cluster::Cluster;
pub use migrate::{Migrated, migrate, migrate_within};
pub(crate) use migrate::{store_settings, suppliers};
use pool::{CONNECT_TIMEOUT, Way};
pub use pool::{beside, is_pooled, reserved};

/// Why there is no database to work with.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The private cluster could not be started.
    #[error(transparent)]
    Cluster(#[from] cluster::ClusterError),
    /// `database.url` is not a PostgreSQL URL. The text never holds the URL.
    #[error("database.url is not a PostgreSQL address: {0}")]
    Url(String),
    /// No connection, or a failed query.
    #[error("the database does not answer: {0}")]
    Unavailable(#[from] sqlx::Error),
    /// The server is older than 14.
    #[error("PostgreSQL {0} is too old: Sverka needs 14 or later")]
    TooOld(String),
    /// The schema was migrated by a newer binary.
    #[error("the database's schema is newer (migration {0}) than this binary knows: install the newer sverka")]
    SchemaTooNew(i64),
    /// Another process holds the lock of the migrations.
    #[error("another process has been migrating the database for more than {} s; try again when it is done", .0.as_secs())]
    Busy(std::time::Duration),
    /// A migration failed; nothing of it was kept.
    #[error("migrating the database failed, nothing of the failed step was kept: {0}")]
    Migration(String),
    /// The views do not fit over schema erp.
    #[error(transparent)]
    Views(#[from] crate::diff::ViewsError),
}

/// An open database. Close it: a private cluster is stopped by its last user.
pub struct Database {
    /// Bounded, guarded connections.
    pub pool: PgPool,
    /// How to open a connection outside the pool: for LISTEN and for migrations.
    pub options: PgConnectOptions,
    cluster: Option<Cluster>,
}

impl Database {
    /// Connects, starting the private cluster if no URL is given. Does not migrate.
    pub async fn open(settings: &Settings) -> Result<Self, DbError> {
        let (cluster, options) = match &settings.database.url {
            Some(url) => {
                let options: PgConnectOptions = url
                    .reveal()
                    .parse()
                    .map_err(|error: sqlx::Error| DbError::Url(error.to_string()))?;
                (None, options)
            }
            None => {
                let cluster = Cluster::start(Path::new(&settings.data_dir)).await?;
                let options = cluster.connect_options();
                (Some(cluster), options)
            }
        };
        // Statements are not logged: merging a price list may well take its seconds.
        let base = options.disable_statement_logging();
        let (pool, options, version) = connect(settings, base).await?;
        if version < 140_000 {
            return Err(DbError::TooOld((version / 10_000).to_string()));
        }
        Ok(Self { pool, options, cluster })
    }

    /// Opens and brings the schema up to what this binary knows.
    pub async fn open_migrated(settings: &Settings) -> Result<Self, DbError> {
        let database = Self::open(settings).await?;
        migrate(&database.options, settings).await?;
        Ok(database)
    }

    /// Starts the private server again if it died under us; a server that is not ours is left to its own people.
    pub async fn revive(&self) -> Result<(), DbError> {
        match &self.cluster {
            Some(cluster) => Ok(cluster.revive().await?),
            None => Ok(()),
        }
    }

    /// Closes the connections and lets go of the private cluster.
    pub async fn close(self) {
        // Closing waits for whoever borrows, and one of them may wait for a server that is gone.
        if tokio::time::timeout(CONNECT_TIMEOUT, self.pool.close()).await.is_err() {
            tracing::warn!("not every connection to the database could be closed in good order");
        }
        if let Some(cluster) = self.cluster
            && let Err(error) = cluster.stop().await
        {
            tracing::warn!(%error, "the private PostgreSQL did not stop cleanly; it will be adopted at the next start");
        }
    }
}

/// The pool only says that it waited in vain; one more try by itself says what for.
async fn why_unreachable(options: &PgConnectOptions) -> sqlx::Error {
    match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(Err(error)) => error,
        Ok(Ok(_)) | Err(_) => sqlx::Error::PoolTimedOut,
    }
}

/// Opens the pool the way that leads to the server, and tells the server's version.
async fn connect(settings: &Settings, base: PgConnectOptions) -> Result<(PgPool, PgConnectOptions, i32), DbError> {
    let options = pool::options(base.clone(), Way::Direct);
    let direct = pool::open(settings, options.clone(), Way::Direct);
    let found = match pool::way(&direct).await {
        Err(sqlx::Error::PoolTimedOut) => return Err(DbError::Unavailable(why_unreachable(&options).await)),
        found => found?,
    };
    let (Way::Pooled, _) = found else {
        return Ok((direct, options, found.1));
    };
    direct.close().await;
    tracing::warn!(
        "a pooler in transaction mode stands before PostgreSQL: the queue is polled, not listened to; a direct address in database.url is quicker"
    );
    let options = pool::options(base, Way::Pooled);
    let pool = pool::open(settings, options.clone(), Way::Pooled);
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
        .fetch_one(&pool)
        .await?;
    Ok((pool, options, version))
}
