//! The stock of a company: all of it compared, the first push of it to KEAZ, and seven rows that change.

use sverka::job::Job;
use sverka::simulate::world::Warehouse;

use super::{Size, Table, daemon, job, peak, statement, world};
use crate::support::Fixture;

const WAREHOUSES: u32 = 20;

pub(super) async fn round(size: Size, table: &mut Table) {
    let fixture = world().await;
    fixture.fill(WAREHOUSES, size.rows / WAREHOUSES).await;
    fixture.sql("ANALYZE").await;
    know_warehouses(&fixture);
    let mut daemon = daemon(&fixture).await;
    job(&fixture, Job::Warehouses).await;

    let first = job(&fixture, Job::Stock).await;
    let inserted = statement(
        &fixture,
        "CREATE TABLE plain (LIKE mirror.keaz_remain INCLUDING INDEXES);
         INSERT INTO plain SELECT * FROM mirror.keaz_remain; DROP TABLE plain",
    )
    .await;
    table.add(
        "first push of all remains, beside INSERT ... SELECT of them",
        "s",
        "≤ 3.0",
        first.as_secs_f64(),
        inserted.as_secs_f64(),
    );

    fixture.sql("VACUUM ANALYZE erp.stock, mirror.keaz_remain").await;
    let joined = statement(
        &fixture,
        "SELECT count(*) FROM erp.stock s JOIN mirror.keaz_remain m
             ON m.warehouse = s.warehouse_code AND m.article = s.article AND m.quantity IS DISTINCT FROM s.quantity",
    )
    .await;
    let compared = statement(&fixture, "SELECT count(*), count(held) FROM diff.remain").await;
    table.add(
        "full diff with nothing changed, beside a hash join of the two tables",
        "s",
        "≤ 1.5",
        compared.as_secs_f64(),
        joined.as_secs_f64(),
    );

    fixture
        .sql("UPDATE erp.stock SET quantity = quantity + 1 WHERE article <= 'ART-00007' AND warehouse_code = 'W1'")
        .await;
    let seven = job(&fixture, Job::Stock).await;
    table.add(
        "seven rows changed: found and pushed",
        "ms",
        "< 20",
        seven.as_secs_f64() * 1e3,
        None,
    );
    table.add(
        "the daemon's peak memory in the push",
        "MiB",
        "< 64",
        peak(&daemon),
        None,
    );
    daemon.stop().await;
    assert_eq!(fixture.count("diff.remain").await, 0);
    latency(size, table).await;
}

/// KEAZ knows them already.
fn know_warehouses(fixture: &Fixture) {
    for n in 1..=u64::from(WAREHOUSES) {
        let warehouse = Warehouse {
            id: n,
            code: format!("W{n}"),
            address: format!("г. Уфа, ул. Складская, {n}"),
            contacts: format!("+7 900 000-00-0{n}"),
            ..Warehouse::default()
        };
        fixture
            .sim
            .world()
            .keaz
            .warehouses
            .insert(warehouse.code.clone(), warehouse);
    }
}

/// From a call's commit to its first attempt, while there is nothing else to do.
async fn latency(size: Size, table: &mut Table) {
    let fixture = world().await;
    let mut daemon = daemon(&fixture).await;
    let mut calls = Vec::new();
    for _ in 0..(size.rows / 5000).clamp(5, 200) {
        let call = fixture.enqueue("keaz.warehouses.list", serde_json::json!({})).await;
        calls.push(fixture.over(call).await.id);
    }
    let waited: Vec<f64> = sqlx::query_scalar(
        "SELECT extract(epoch FROM a.started_at - c.created_at)::float8 * 1000
           FROM queue.call c JOIN queue.attempt a ON a.call_id = c.id AND a.attempt = 1
          WHERE c.id = ANY($1) ORDER BY 1",
    )
    .bind(&calls)
    .fetch_all(&fixture.pool)
    .await
    .unwrap();
    let at = |share: usize| waited[(waited.len() - 1) * share / 100];
    table.add("from a call to its start, p50", "ms", "≤ 2.5", at(50), None);
    table.add("from a call to its start, p99", "ms", "≤ 6", at(99), None);
    daemon.stop().await;
}
