//! Lays the views of `migrations/views/diff.sql`, and lays them anew when a table of schema `erp` was replaced.
//!
//! A view follows the table it was made of, not its name: after `ALTER TABLE erp.stock RENAME ...; CREATE VIEW
//! erp.stock ...` the old views would still read the old table. So the identities of the ERP relations are kept beside
//! the views and compared before every run.

use sqlx::{Connection, PgConnection};

const VIEWS: &str = include_str!("../../migrations/views/diff.sql");

/// Which relations stand behind the names of the ERP contract, and which text the views were laid from.
const IDENTITY: &str = "
    SELECT string_agg(name || '=' || coalesce(to_regclass('erp.' || name)::oid::text, 'missing'), ' ' ORDER BY name)
           || ' ' || md5($1)
      FROM unnest(ARRAY['warehouses', 'stock', 'publishing_rules', 'orders', 'supplier_prices',
                        'purchase_orders', 'watched_articles']) AS name";

/// The views could not be laid over the ERP's tables.
#[derive(Debug, thiserror::Error)]
pub enum ViewsError {
    /// A relation of the contract is missing or lacks a column; the words are PostgreSQL's.
    #[error(
        "the diff views cannot be laid over schema erp: {0}. Compare the relation with the ERP contract in docs/ERP.md"
    )]
    Contract(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Lays the views if they have never been laid over what stands in schema `erp` now. Cheap when nothing changed.
pub async fn lay_views(conn: &mut PgConnection) -> Result<(), ViewsError> {
    if laid_for(conn).await? == Some(identity(conn).await?) {
        return Ok(());
    }
    let mut tx = conn.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('sverka views'))")
        .execute(&mut *tx)
        .await?;
    let identity = identity(&mut tx).await?;
    if laid_for(&mut tx).await? != Some(identity.clone()) {
        sqlx::raw_sql(VIEWS)
            .execute(&mut *tx)
            .await
            .map_err(contract_or_database)?;
        sqlx::query(
            "INSERT INTO queue.setting (name, value) VALUES ('diff.views', to_jsonb($1::text))
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(identity)
        .execute(&mut *tx)
        .await?;
        tracing::info!("laid the diff views over schema erp");
    }
    tx.commit().await?;
    Ok(())
}

async fn identity(conn: &mut PgConnection) -> sqlx::Result<String> {
    sqlx::query_scalar(IDENTITY).bind(VIEWS).fetch_one(conn).await
}

async fn laid_for(conn: &mut PgConnection) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT value #>> '{}' FROM queue.setting WHERE name = 'diff.views'")
        .fetch_optional(conn)
        .await
}

/// A missing relation, a missing column and a type that does not fit are the company's to mend; the rest is ours.
fn contract_or_database(error: sqlx::Error) -> ViewsError {
    const CONTRACT: [&str; 5] = ["42P01", "42703", "42883", "42P16", "42846"];
    match &error {
        sqlx::Error::Database(db) if db.code().is_some_and(|code| CONTRACT.contains(&code.as_ref())) => {
            ViewsError::Contract(db.message().to_owned())
        }
        _ => ViewsError::Database(error),
    }
}
