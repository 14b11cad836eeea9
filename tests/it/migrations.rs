//! Migrations: applied once, whoever starts first; never over a schema from the future.

use sqlx::postgres::PgConnectOptions;
use sverka::db::{self, DbError};

use crate::support::{Fixture, Setup};

fn options(fixture: &Fixture) -> PgConnectOptions {
    (*fixture.pool.connect_options()).clone()
}

#[tokio::test]
async fn a_schema_from_a_newer_binary_is_refused() {
    let fixture = Setup::new().start().await;
    fixture
        .sql(
            "INSERT INTO queue.migration (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', true, '', 0)",
        )
        .await;
    let refused = db::migrate(&options(&fixture), &fixture.settings).await;
    assert!(matches!(refused, Err(DbError::SchemaTooNew(9999))), "{refused:?}");
}

#[tokio::test]
async fn two_that_start_at_once_over_an_empty_database_migrate_it_once() {
    let fixture = Setup::new().start().await;
    let known = fixture.count("queue.migration").await;
    fixture.sql("DROP SCHEMA erp, mirror, diff, queue CASCADE").await;
    let (options, settings) = (options(&fixture), &fixture.settings);
    let (one, other) = tokio::join!(db::migrate(&options, settings), db::migrate(&options, settings));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    assert_eq!(fixture.count("queue.migration").await, known);
    assert_eq!(fixture.count("diff.remain").await, 0, "the views are laid");
}
