//! A status that somebody changed in Saplab while the ERP's stayed: pushed over, held, or accepted.

use sverka::job::Job;
use sverka::simulate::world::{Position, Status};

use crate::support::{Fixture, Setup};

/// Three positions in agreement; then a manager sets another status for the first, and the ERP for the second.
async fn drifted(policy: &str) -> Fixture {
    let fixture = Setup::new().set("saplab.on_drift", policy).start().await;
    for _ in 0..3 {
        fixture.position(Position::default());
    }
    fixture.sync_done(&[Job::Orders]).await;
    fixture.sim.world().saplab.positions.get_mut(&1).unwrap().status_id = 4;
    fixture
        .sql("UPDATE erp.orders SET status = 'working' WHERE saplab_id = 2")
        .await;
    fixture.sync_done(&[Job::Orders]).await;
    fixture
}

fn in_saplab(fixture: &Fixture) -> Vec<u64> {
    let world = fixture.sim.world();
    world
        .saplab
        .positions
        .values()
        .map(|position| position.status_id)
        .collect()
}

async fn in_erp(fixture: &Fixture) -> String {
    let all = "SELECT string_agg(status, ' ' ORDER BY saplab_id) FROM erp.orders";
    fixture.value(all).await.unwrap()
}

async fn held(fixture: &Fixture) -> Option<String> {
    fixture
        .value("SELECT string_agg(saplab_id || ': ' || held, '; ') FROM diff.order_status")
        .await
}

#[tokio::test]
async fn with_push_the_erp_sets_its_status_again() {
    let fixture = drifted("push").await;
    assert_eq!(in_saplab(&fixture), [6, 2, 6]);
    assert_eq!(in_erp(&fixture).await, "new working new");
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn with_hold_neither_changes_and_the_difference_is_shown() {
    let fixture = drifted("hold").await;
    assert_eq!(in_saplab(&fixture), [4, 2, 6]);
    assert_eq!(in_erp(&fixture).await, "new working new");
    let shown = held(&fixture).await;
    assert_eq!(
        shown.as_deref(),
        Some("1: somebody set «Выдано (Отправлено)» in Saplab")
    );
    // The ERP decides anew: that is no drift any more.
    fixture
        .sql("UPDATE erp.orders SET status = 'received' WHERE saplab_id = 1")
        .await;
    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(in_saplab(&fixture), [3, 2, 6]);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn with_accept_the_erp_gets_what_the_map_gives_and_the_rest_is_held() {
    let fixture = drifted("accept").await;
    assert_eq!(in_saplab(&fixture), [4, 2, 6]);
    assert_eq!(in_erp(&fixture).await, "issued working new");
    fixture.assert_in_sync().await;

    fixture.sim.world().saplab.statuses.push(Status {
        id: 14,
        name: "На проверке".into(),
        color: "FFFFFF".into(),
        sms: false,
        email: false,
    });
    fixture.sim.world().saplab.positions.get_mut(&3).unwrap().status_id = 14;
    let mark = fixture.mark();
    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(fixture.told_since(mark), Vec::<String>::new());
    let shown = held(&fixture).await.unwrap_or_default();
    assert!(
        shown.contains("«На проверке» in Saplab, to which [saplab.status_map] gives no ERP status"),
        "{shown}"
    );
}
