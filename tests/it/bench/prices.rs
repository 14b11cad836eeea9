//! A price list: taken in, taken in again, and changed a little.

use std::time::{Duration, Instant};

use sqlx::Executor;
use sverka::job::Job;
use sverka::simulate::PriceList;

use super::{Size, Table, daemon, job, peak, wal, world};
use crate::support::Fixture;

const COLUMNS: &str =
    "supplier, source, brand, article, name, price, quantity, quantity_text, min_quantity, days_min, days_max";

pub(super) async fn round(size: Size, table: &mut Table) {
    let fixture = world().await;
    let mut daemon = daemon(&fixture).await;
    let list = PriceList::generated(1, size.rows.into());

    publish(&fixture, list.clone());
    let first = job(&fixture, Job::Prices).await;
    let (keyed, bare) = limits(&fixture).await;
    table.add(
        "price list, first import, beside COPY into a table with its key",
        "s",
        "≤ 1.0",
        secs(first),
        secs(keyed),
    );

    publish(&fixture, list.clone().tagged("of today"));
    let (again, written) = with_wal(&fixture).await;
    table.add(
        "the same list under another date, beside COPY into a bare table",
        "s",
        "≤ 2.0",
        secs(again),
        secs(bare),
    );
    table.add("its write-ahead log", "MB", "< 1", written, None);

    let (matching, _) = with_wal(&fixture).await;
    table.add("with a matching ETag", "ms", "< 50", secs(matching) * 1e3, None);

    publish(&fixture, PriceList::revised(1, size.rows.into(), 1));
    let (changed, written) = with_wal(&fixture).await;
    table.add(
        "one row in a hundred changed, beside COPY into a bare table",
        "s",
        "≤ 2.5",
        secs(changed),
        secs(bare),
    );
    table.add("its write-ahead log ", "MB", "as the changes", written, None);
    table.add(
        "the daemon's peak memory in all of these",
        "MiB",
        "< 64",
        peak(&daemon),
        None,
    );
    daemon.stop().await;
    assert_eq!(fixture.count("erp.supplier_prices").await, i64::from(size.rows));
}

fn publish(fixture: &Fixture, list: PriceList) {
    fixture.sim.world().carreta.price_lists.insert("main".into(), list);
}

async fn with_wal(fixture: &Fixture) -> (Duration, f64) {
    // What earlier steps have left to be done in the background is not this step's.
    fixture.sql("VACUUM ANALYZE mirror.price, erp.supplier_prices").await;
    fixture.sql("CHECKPOINT").await;
    let before = wal(fixture).await;
    let took = job(fixture, Job::Prices).await;
    (took, (wal(fixture).await - before) / 1e6)
}

/// The same rows by COPY: into a table with the key of the mirror, and into a temporary one without any.
async fn limits(fixture: &Fixture) -> (Duration, Duration) {
    let mut connection = fixture.pool.acquire().await.unwrap();
    let mut rows = Vec::new();
    {
        use futures_util::TryStreamExt;
        let copy = format!("COPY (SELECT {COLUMNS} FROM mirror.price) TO STDOUT");
        let mut stream = connection.copy_out_raw(&copy).await.unwrap();
        while let Some(chunk) = stream.try_next().await.unwrap() {
            rows.extend_from_slice(&chunk);
        }
    }
    connection
        .execute(
            "CREATE TABLE keyed (LIKE mirror.price, PRIMARY KEY (supplier, source, brand, article));
             CREATE TEMP TABLE bare (LIKE mirror.price)",
        )
        .await
        .unwrap();
    let mut took = Vec::new();
    for name in ["keyed", "bare"] {
        let began = Instant::now();
        let mut copy = connection
            .copy_in_raw(&format!("COPY {name} ({COLUMNS}) FROM STDIN"))
            .await
            .unwrap();
        for chunk in rows.chunks(256 * 1024) {
            copy.send(chunk).await.unwrap();
        }
        copy.finish().await.unwrap();
        took.push(began.elapsed());
    }
    connection.execute("DROP TABLE keyed, bare").await.unwrap();
    (took[0], took[1])
}

fn secs(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
