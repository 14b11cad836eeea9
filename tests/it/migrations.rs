//! Migrations: applied once, whoever starts first; never over a schema from the future.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Executor};
use sverka::db::{self, DbError, migrate_within};

use crate::support::{Fixture, Setup, until};

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

#[tokio::test]
async fn the_binary_refuses_a_schema_from_a_newer_one_with_its_exit_code_and_changes_nothing() {
    let fixture = Setup::new().start().await;
    fixture
        .sql(
            "INSERT INTO queue.migration (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', true, '', 0); DROP VIEW diff.purchase;
             DELETE FROM queue.setting WHERE name = 'diff.views'",
        )
        .await;
    for command in ["run", "migrate", "status"] {
        let output = fixture.command(&[command]).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains("install the newer sverka"), "{command}: {said}");
    }
    let views = "pg_views WHERE schemaname = 'diff' AND viewname = 'purchase'";
    assert_eq!(fixture.count(views).await, 0, "nothing was laid");
}

#[tokio::test]
async fn whoever_finds_another_one_migrating_for_too_long_says_so_and_leaves() {
    let fixture = Setup::new().start().await;
    let mut other = options(&fixture).connect().await.unwrap();
    other
        .execute("BEGIN; SELECT pg_advisory_xact_lock(hashtext('sverka migration'))")
        .await
        .unwrap();
    let patience = Duration::from_millis(200);
    let refused = migrate_within(&options(&fixture), &fixture.settings, patience).await;
    assert!(matches!(refused, Err(DbError::Busy(_))), "{refused:?}");
    other.execute("ROLLBACK").await.unwrap();
    db::migrate(&options(&fixture), &fixture.settings).await.unwrap();
}

#[tokio::test]
async fn a_migration_that_is_cut_off_anywhere_leaves_nothing_half_done_and_nobody_locked_out() {
    let fixture = Setup::new().start().await;
    let known = fixture.count("queue.migration").await;
    for micros in (0..).step_by(7).map(|step: u64| step * step * 1000) {
        fixture
            .sql("DROP SCHEMA IF EXISTS erp, mirror, diff, queue CASCADE")
            .await;
        let options = options(&fixture);
        let migration = db::migrate(&options, &fixture.settings);
        let cut = tokio::time::timeout(Duration::from_micros(micros), migration).await;
        if let Ok(done) = cut {
            done.unwrap();
            break;
        }
        // The server ends what was left, and nothing of it stays.
        let sessions = "pg_stat_activity WHERE datname = current_database() AND state LIKE '%transaction%'";
        until("the rest to be rolled back", async || {
            (fixture.count(sessions).await == 0).then_some(())
        })
        .await;
        let schemas = "pg_namespace WHERE nspname IN ('erp', 'mirror', 'diff', 'queue')";
        let locks = "pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        until("nothing half done", async || {
            (fixture.count(locks).await == 0 && [0, 4].contains(&fixture.count(schemas).await)).then_some(())
        })
        .await;
    }
    assert_eq!(fixture.count("queue.migration").await, known);
    fixture.sync_done(&[sverka::job::Job::Stock]).await;
}
