//! No connection of the pool is free: leases are kept, `/readyz` says so, `/healthz` lives.

use std::time::Duration;

use sverka::config::Source;
use sverka::daemon::Daemon;
use sverka::queue::claim::rescue;
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Setup, get, until};

#[tokio::test]
async fn with_every_connection_taken_no_lease_is_lost_and_the_daemon_is_not_ready() {
    let fixture = Setup::new()
        .set("database.max_connections", 3)
        .set("queue.lease", "5s")
        .start()
        .await;
    let held = Action::Gate("held".into());
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.warehouses.add", held));
    let pool = fixture.own_pool().await;
    let source = Source {
        path: Some(fixture.config.clone()),
    };
    let daemon = Daemon::start(&pool, source, fixture.settings.clone()).await.unwrap();
    let address = daemon.address.unwrap();
    until("it to be ready", async || {
        (get(address, "/readyz").await.0 == 200).then_some(())
    })
    .await;
    let id = fixture.push(1).await;
    fixture.sim.wait_until_arrived("keaz.warehouses.add", 1).await;

    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(pool.acquire().await.unwrap());
    }
    // Longer than the lease, by the database's clock.
    fixture
        .until(
            "the lease to be over, had nobody prolonged it",
            &format!("SELECT started_at < now() - interval '7 s' FROM queue.attempt WHERE call_id = {id}"),
        )
        .await;
    let held = fixture
        .value(&format!("SELECT lease_until > now() FROM queue.call WHERE id = {id}"))
        .await;
    assert_eq!(held.as_deref(), Some("true"), "the lease is kept");
    assert_eq!(rescue(&fixture.pool).await.unwrap(), 0, "nobody takes it over");
    assert_eq!(get(address, "/healthz").await.0, 200);
    let (status, body) = get(address, "/readyz").await;
    assert_eq!(status, 503);
    assert!(body.contains("no connection to the database is free"), "{body}");

    drop(taken);
    fixture.sim.open("held");
    let call = fixture.over(id).await;
    assert_eq!((call.state.as_str(), call.attempt), ("done", 1), "{call:#?}");
    until("it to be ready again", async || {
        (get(address, "/readyz").await.0 == 200).then_some(())
    })
    .await;
    daemon.stop(Duration::from_secs(5)).await;
    assert_eq!(fixture.told_of(1), 1);
}
