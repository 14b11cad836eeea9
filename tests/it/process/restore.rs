//! The database is replaced by an older backup, or by a copy: nothing that was ordered, paid or told a customer in the
//! lost time is done again, what was done comes home, and the work goes on.

use std::process::Output;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use sverka::simulate::world::Offer;
use sverka::simulate::{Action, Rule, Upstream};
use tokio::process::Command;

use super::{NOTHING_OPEN, sync};
use crate::support::{Daemon, Fixture, Setup, until};

const OVER: &str =
    "(SELECT count(*) > 0 FROM queue.restore) AND NOT EXISTS (SELECT FROM queue.restore WHERE ended_at IS NULL)";

/// Something to push, to buy, to pay and to tell.
async fn company() -> Fixture {
    let fixture = Setup::new()
        .set("saplab.panel.timeout", "2s")
        .set("carreta.timeout", "2s")
        .start()
        .await;
    fixture.fill(1, 5).await;
    fixture.positions(3);
    fixture.sim.world().saplab.clients.get_mut(&2).unwrap().balance = 100_000.into();
    fixture.sim.world().carreta.offers = vec![Offer {
        code: "OC47".into(),
        maker: "KNECHT".into(),
        name: "Фильтр".into(),
        price: Decimal::new(15_000, 2),
        min_qty: 1,
        qty: "500".into(),
        source: "50".into(),
        ..Offer::default()
    }];
    fixture
}

async fn want(fixture: &Fixture, id: i64) {
    fixture
        .sql(&format!(
            "INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity) VALUES ({id}, 'carreta', 'KNECHT', 'OC47', {id})"
        ))
        .await;
}

/// A program of PostgreSQL's against the test's database.
async fn postgres(fixture: &Fixture, program: &str, args: &[&str]) -> Output {
    let options = &fixture.database.options;
    let mut command = Command::new(program);
    command.args(["-U", options.get_username(), "-p", &options.get_port().to_string()]);
    let socket = options.get_socket().map(|path| path.to_string_lossy().into_owned());
    command.args(["-h", &socket.unwrap_or_else(|| options.get_host().to_owned())]);
    command.args(["-d", options.get_database().unwrap()]).args(args);
    let output = command.output().await.unwrap();
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

async fn back_up(fixture: &Fixture) {
    let file = fixture.folder.path().join("backup");
    postgres(fixture, "pg_dump", &["-Fc", "-f", file.to_str().unwrap()]).await;
}

/// Puts the backup in the database's place.
async fn restore(fixture: &Fixture) {
    let options = &fixture.database.options;
    let name = options.get_database().unwrap().to_owned();
    let mut admin: PgConnection = options.clone().database("sverka").connect().await.unwrap();
    for statement in [
        format!("DROP DATABASE {name} WITH (FORCE)"),
        format!("CREATE DATABASE {name}"),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut admin)
            .await
            .unwrap();
    }
    admin.close().await.unwrap();
    let file = fixture.folder.path().join("backup");
    postgres(fixture, "pg_restore", &["--no-owner", file.to_str().unwrap()]).await;
}

/// What is in the backup: everything is done, and a purchase, a status and a payment are about to be.
async fn an_hour_ago(fixture: &Fixture) {
    want(fixture, 1).await;
    let mut daemon = fixture.daemon().await;
    sync(fixture, &daemon).await;
    daemon.stop().await;
    want(fixture, 2).await;
    fixture
        .sql("UPDATE erp.orders SET status = 'issued' WHERE saplab_id = 1")
        .await;
    fixture.enqueue("saplab.orders.pay", json!({"position": 2})).await;
    back_up(fixture).await;
    assert_eq!(fixture.count("queue.restore").await, 0, "a restart is no restore");
}

/// What happens since: those three, and more that the backup knows nothing of.
async fn the_lost_hour(fixture: &Fixture, daemon: &Daemon) {
    want(fixture, 3).await;
    fixture
        .sql("UPDATE erp.orders SET status = 'received' WHERE saplab_id = 3")
        .await;
    sync(fixture, daemon).await;
    fixture.enqueue("saplab.orders.pay", json!({"position": 3})).await;
    fixture.until("the payment", NOTHING_OPEN).await;
    let paid = fixture
        .sim
        .world()
        .saplab
        .positions
        .values()
        .filter(|position| position.is_payed)
        .count();
    assert_eq!(paid, 2);
    assert_eq!(
        fixture
            .sim
            .world()
            .carreta
            .orders
            .iter()
            .filter(|order| order.client_comment.starts_with("SV-"))
            .count(),
        3
    );
    assert_eq!(fixture.count("queue.restore").await, 0);
}

async fn nothing_is_done_again_and_the_work_goes_on(fixture: &Fixture, daemon: &Daemon, mark: usize) {
    fixture.until("every site to be read", OVER).await;
    // The ERP writes its purchase anew: the same row.
    want(fixture, 3).await;
    sync(fixture, daemon).await;
    assert_eq!(fixture.told_since(mark), [""; 0], "{}", daemon.log());
    fixture.assert_in_sync().await;
    let home = fixture
        .value("SELECT string_agg(status, ' ' ORDER BY saplab_id) FROM erp.orders")
        .await;
    assert_eq!(
        home.as_deref(),
        Some("issued new received"),
        "the status of the lost hour came home"
    );
    let bought = fixture
        .value("SELECT string_agg(status, ' ' ORDER BY id) FROM erp.purchase_orders")
        .await;
    assert_eq!(bought.as_deref(), Some("placed placed placed"));
    assert_eq!(
        fixture.count("queue.call WHERE state IN ('dead', 'quarantined')").await,
        0
    );

    want(fixture, 4).await;
    fixture.sql("UPDATE erp.orders SET status = 'working' WHERE saplab_id = 2; UPDATE erp.stock SET quantity = 99 WHERE article = 'ART-00001'").await;
    sync(fixture, daemon).await;
    let told = fixture.told_since(mark);
    assert_eq!(told.len(), 3, "{told:?}");
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn after_a_restore_of_an_older_backup_nothing_is_done_again_and_what_was_done_comes_home() {
    let fixture = company().await;
    an_hour_ago(&fixture).await;
    let mut daemon = fixture.daemon().await;
    the_lost_hour(&fixture, &daemon).await;
    daemon.kill().await;
    let mark = fixture.mark();
    restore(&fixture).await;
    let mut daemon = fixture.daemon().await;
    daemon.says("the database was restored or replaced", 1).await;
    nothing_is_done_again_and_the_work_goes_on(&fixture, &daemon, mark).await;
    assert_eq!(
        daemon.log().matches("the database was restored or replaced").count(),
        1,
        "one alert"
    );
    daemon.stop().await;
}

#[tokio::test]
async fn a_backup_that_is_restored_under_a_running_daemon_is_noticed() {
    let fixture = company().await;
    an_hour_ago(&fixture).await;
    let mut daemon = fixture.daemon().await;
    the_lost_hour(&fixture, &daemon).await;
    let mark = fixture.mark();
    restore(&fixture).await;
    daemon.says("the database was restored or replaced", 1).await;
    nothing_is_done_again_and_the_work_goes_on(&fixture, &daemon, mark).await;
    daemon.stop().await;
}

#[tokio::test]
async fn a_restored_copy_on_a_host_that_never_saw_the_database_is_noticed_too_and_a_person_may_accept_it() {
    let mut fixture = company().await;
    an_hour_ago(&fixture).await;
    restore(&fixture).await;
    let elsewhere = fixture.folder.path().join("another-host");
    fixture.change("data_dir", elsewhere.to_str().unwrap()).await;
    let mark = fixture.mark();
    // Saplab cannot be read.
    fixture
        .sim
        .inject(Rule::always(Upstream::Saplab, "saplab", Action::Reset));
    let mut daemon = fixture.daemon().await;
    let left = "(SELECT waits FROM queue.restore WHERE ended_at IS NULL) = '{saplab}'";
    fixture.until("the other sites to be read", left).await;
    let (status, body) = daemon.get("/readyz").await;
    assert_eq!(status, 503);
    let body: Value = serde_json::from_str(&body).unwrap();
    let reason = body["reasons"][0].as_str().unwrap();
    assert!(
        reason.contains("not the one that was known") && reason.ends_with("read anew: saplab"),
        "{reason}"
    );
    let output = fixture.command(&["status"]).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Only read until read anew: saplab"), "{said}");
    assert_eq!(
        fixture
            .told_since(mark)
            .iter()
            .filter(|told| told.starts_with("saplab"))
            .count(),
        0
    );

    fixture.command(&["check", "--accept-restore"]).await;
    fixture.sim.clear_faults();
    assert!(fixture.value(&format!("SELECT {OVER}")).await.as_deref() == Some("true"));
    let acts = fixture
        .value("SELECT string_agg(command, ' ') FROM queue.audit WHERE who LIKE '%@%'")
        .await;
    assert_eq!(acts.as_deref(), Some("check --accept-restore"));
    until("/readyz to be content", async || {
        let (status, _) = daemon.get("/readyz").await;
        (status == 200).then_some(())
    })
    .await;
    daemon.stop().await;
}
