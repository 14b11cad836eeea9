//! The daemon compares whole tables and trusts neither an order of ids and times nor a trigger; naive times of the sites
//! are read with room to spare at the border.

use chrono::{TimeDelta, Utc};
use sverka::job::Job;
use sverka::simulate::world::{Position, PositionEvent};

use crate::support::Setup;

#[tokio::test]
async fn an_erp_row_that_is_committed_late_with_an_older_id_and_time_is_seen_by_the_next_run() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 20).await;
    fixture.positions(2);
    let jobs = [Job::Stock, Job::Orders, Job::Purchases];
    fixture.sync_done(&jobs).await;
    // It begins first and is committed last.
    let mut late = fixture.pool.begin().await.unwrap();
    let purchase = "INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity, created_at, updated_at)
                    VALUES ($1, 'carreta', 'NONE', 'SUCH', 1, now() - interval '1 day', now() - interval '1 day')";
    sqlx::raw_sql(
        "UPDATE erp.orders SET status = 'working', updated_at = '2001-01-01' WHERE saplab_id = 1;
         UPDATE erp.stock SET quantity = 777 WHERE article = 'ART-00001'",
    )
    .execute(&mut *late)
    .await
    .unwrap();
    sqlx::query(purchase).bind(7_i64).execute(&mut *late).await.unwrap();
    sqlx::query(purchase).bind(8_i64).execute(&fixture.pool).await.unwrap();
    fixture
        .sql("UPDATE erp.stock SET quantity = 888 WHERE article = 'ART-00002'")
        .await;
    let mark = fixture.mark();
    fixture.sync_done(&jobs).await;
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/ART-00002 = 888"]);
    late.commit().await.unwrap();
    fixture.sync_done(&jobs).await;
    assert_eq!(
        fixture.told_since(mark),
        [
            "keaz.remains.update W1/ART-00001 = 777",
            "keaz.remains.update W1/ART-00002 = 888",
            "saplab.panel.order.set_status 1 = 2"
        ]
    );
    let purchases = "SELECT string_agg(id || ' ' || status, ', ' ORDER BY id) FROM erp.purchase_orders";
    assert_eq!(
        fixture.value(purchases).await.as_deref(),
        Some("7 failed, 8 failed"),
        "both were looked for"
    );
}

#[tokio::test]
async fn changes_are_seen_where_every_trigger_is_switched_off() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 20).await;
    fixture.positions(1);
    fixture.sync_done(&[Job::Stock, Job::Orders]).await;
    fixture
        .sql(
            "ALTER TABLE erp.stock DISABLE TRIGGER ALL;
             ALTER TABLE erp.orders DISABLE TRIGGER ALL;
             SET session_replication_role = replica;
             UPDATE erp.stock SET quantity = 777 WHERE article = 'ART-00001';
             UPDATE erp.orders SET status = 'working';
             SET session_replication_role = DEFAULT",
        )
        .await;
    let mark = fixture.mark();
    fixture.sync_done(&[Job::Stock, Job::Orders]).await;
    assert_eq!(fixture.effects_since(mark).len(), 2);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn no_order_is_missed_at_the_border_of_the_window_whatever_zone_its_time_is_in() {
    let fixture = Setup::new().set("saplab.window_days", 1).start().await;
    for ago in [0, 1, 3, 20, 21, 23, 24, 27, 30, 47] {
        let added = Utc::now() - TimeDelta::hours(ago);
        let event = PositionEvent {
            at: added,
            color: "FFFFFF".into(),
            status: "Принято".into(),
            manager: String::new(),
        };
        fixture.position(Position {
            added,
            history: vec![event],
            ..Position::default()
        });
    }
    let old = fixture.position(Position {
        added: Utc::now() - TimeDelta::days(5),
        ..Position::default()
    });
    fixture.sync_done(&[Job::Orders]).await;
    // A day is asked for and at least one more comes with it.
    assert_eq!(fixture.count("erp.orders").await, 10);
    assert_eq!(fixture.count(&format!("erp.orders WHERE saplab_id = {old}")).await, 0);
    // The shop writes date_added in Moscow's time and the history in UTC: one instant here.
    let apart = "SELECT max(abs(extract(epoch FROM date_added - (history -> 0 ->> 'date')::timestamptz))) < 1 FROM mirror.saplab_order";
    assert_eq!(fixture.value(apart).await.as_deref(), Some("true"));
    let newest = "SELECT abs(extract(epoch FROM now() - max(created_at))) < 600 FROM erp.orders";
    assert_eq!(
        fixture.value(newest).await.as_deref(),
        Some("true"),
        "read as Moscow's, not as UTC"
    );
}
