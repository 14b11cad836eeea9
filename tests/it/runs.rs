//! Runs of jobs: one open for each job, one after the other in a lane, shared by workers, never stuck.

use std::collections::BTreeMap;
use std::time::Duration;

use sverka::db::Database;
use sverka::job::Job;
use sverka::queue::run::{self, Requested, Trigger};
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

/// How often each key of an operation was written.
fn writes(fixture: &Fixture, operation: &str) -> BTreeMap<String, usize> {
    let mut writes = BTreeMap::new();
    for effect in fixture.sim.ledger() {
        if effect.operation == operation {
            *writes.entry(effect.key).or_default() += 1;
        }
    }
    writes
}

fn failing() -> Action {
    Action::Status {
        code: 500,
        headers: Vec::new(),
        body: "down".into(),
    }
}

/// All that the run has left is waiting for its next try.
const ONLY_WAITS: &str = "EXISTS (SELECT FROM queue.call WHERE state = 'pending') AND NOT EXISTS (
    SELECT FROM queue.call WHERE state IN ('running', 'unknown') OR state = 'pending' AND due_at <= now())";

#[tokio::test]
async fn a_job_that_is_asked_for_many_times_at_once_has_one_run() {
    let fixture = Setup::new().start().await;
    let context = fixture.context(0);
    let ask = |_| run::request(&fixture.pool, &context, Job::Stock, Trigger::Signal, None);
    let asked = futures_util::future::join_all((0..10).map(ask)).await;
    let asked: Vec<Requested> = asked.into_iter().map(Result::unwrap).collect();
    let new = asked.iter().filter(|one| matches!(one, Requested::New(_))).count();
    assert_eq!(new, 1, "{asked:?}");
    assert!(asked.iter().all(|one| one.run_id() == asked[0].run_id()), "{asked:?}");
    assert_eq!(fixture.count("queue.run").await, 1);
    let first = asked[0].run_id();
    fixture.sync_done(&[Job::Stock]).await;
    let again = run::request(&fixture.pool, &context, Job::Stock, Trigger::Signal, None)
        .await
        .unwrap();
    assert!(matches!(again, Requested::New(id) if id != first), "{again:?}");
}

#[tokio::test]
async fn a_run_for_one_article_stands_beside_the_run_for_all() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.sql("UPDATE erp.stock SET quantity = quantity + 100").await;
    let context = fixture.context(0);
    let mark = fixture.mark();
    let one = run::request(&fixture.pool, &context, Job::Stock, Trigger::Command, Some("ART-00003"))
        .await
        .unwrap();
    let work = fixture.work().await;
    let rows = fixture.ended(&[one.run_id()]).await;
    work.stop().await;
    assert_eq!(rows[0].outcome.as_deref(), Some("done"));
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/ART-00003 = 122"]);
    fixture.sync_done(&[Job::Stock]).await;
    assert_eq!(fixture.told_since(mark).len(), 5, "the other four");
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn runs_of_one_lane_go_one_after_the_other_and_those_of_another_do_not_wait() {
    let fixture = Setup::new().start().await;
    fixture.fill(2, 5).await;
    fixture.positions(2);
    let gate = Action::Gate("warehouses".into());
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.warehouses.add", gate));
    let runs = fixture.request(&[Job::Warehouses, Job::Stock, Job::Orders]).await;
    let work = fixture.work().await;
    fixture.sim.wait_until_arrived("keaz.warehouses.add", 1).await;
    fixture.ended(&runs[2..]).await;
    let stock = format!(
        "(SELECT state = 'queued' AND calls = 0 FROM queue.run WHERE id = {})",
        runs[1]
    );
    assert_eq!(fixture.value(&stock).await.as_deref(), Some("true"));
    fixture.sim.open("warehouses");
    let rows = fixture.ended(&runs).await;
    work.stop().await;
    assert!(
        rows.iter().all(|row| row.outcome.as_deref() == Some("done")),
        "{rows:#?}"
    );
    assert!(rows[1].started_at >= rows[0].ended_at, "{rows:#?}");
    fixture.assert_in_sync().await;
    assert!(
        writes(&fixture, "keaz.warehouses.add")
            .into_values()
            .all(|times| times == 1)
    );
}

#[tokio::test]
async fn a_run_that_only_waits_gives_its_pushes_to_the_next_one_which_sends_todays_values() {
    let fixture = Setup::new()
        .set("keaz.batch_rows", 5)
        .set("queue.backoff_base", "10m")
        .set("queue.backoff_max", "10m")
        .start()
        .await;
    fixture.fill(2, 10).await;
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.update", failing()));
    let first = fixture.request(&[Job::Stock]).await[0];
    fixture.work_until("all pushes to wait", ONLY_WAITS).await;
    let pushes = "queue.call WHERE operation = 'keaz.remains.update'";
    let waiting = fixture.count(pushes).await;
    assert_eq!(waiting, 4);

    fixture
        .sql("UPDATE erp.stock SET quantity = 77 WHERE article = 'ART-00001'")
        .await;
    fixture.sim.clear_faults();
    let second = fixture.sync_done(&[Job::Stock]).await.remove(0);
    assert_ne!(second.id, first);
    let first = sverka::queue::look::runs(&fixture.pool, &[first])
        .await
        .unwrap()
        .remove(0);
    assert_eq!(first.outcome.as_deref(), Some("superseded"));
    assert_eq!(
        fixture.count(pushes).await,
        waiting,
        "the very same calls, not new ones beside them"
    );
    assert_eq!(
        fixture
            .count(&format!("{pushes} AND state = 'done' AND run_id = {}", second.id))
            .await,
        waiting
    );
    assert!(
        writes(&fixture, "keaz.remains.update")
            .into_values()
            .all(|times| times == 1)
    );
    assert_eq!(fixture.remains()["W1/ART-00001"], 77);
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn a_run_that_is_making_calls_is_joined_and_not_superseded() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    fixture.sim.inject(Rule::once(
        Upstream::Keaz,
        "keaz.remains.update",
        Action::Gate("push".into()),
    ));
    let runs = fixture.request(&[Job::Stock]).await;
    let work = fixture.work().await;
    fixture.sim.wait_until_arrived("keaz.remains.update", 1).await;
    assert_eq!(fixture.request(&[Job::Stock]).await, runs);
    fixture.sim.open("push");
    fixture.ended(&runs).await;
    work.stop().await;
    assert_eq!(fixture.count("queue.run").await, 1);
}

#[tokio::test]
async fn a_push_whose_values_cannot_be_read_is_made_again_and_says_why() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    fixture.sync_done(&[Job::Warehouses]).await;
    let mark = fixture.mark();
    fixture
        .sql(
            r#"INSERT INTO queue.call (upstream, operation, args, class, priority)
               VALUES ('keaz', 'keaz.remains.update', '{"warehouse": "W1", "articles": ["ART-00001"]}', 'idempotent', 3);
               DROP VIEW diff.remain"#,
        )
        .await;
    fixture
        .work_until(
            "an attempt that failed in the database",
            "EXISTS (SELECT FROM queue.attempt WHERE outcome = 'retry' AND words LIKE '%diff.remain%')",
        )
        .await;
    assert_eq!(fixture.count("queue.call WHERE state = 'dead'").await, 0);
    assert_eq!(fixture.effects_since(mark).len(), 0, "nothing was sent");
    fixture.sql("DELETE FROM queue.setting WHERE name = 'diff.views'").await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture
        .work_until("the call's end", "(SELECT bool_and(state = 'done') FROM queue.call)")
        .await;
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn a_stage_that_cannot_be_made_fails_the_run_and_neither_the_call_before_it_nor_the_next_run() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    fixture
        .sim
        .world()
        .keaz
        .remains
        .insert(("W1".into(), "ART-00001".into()), 3);
    fixture.sim.inject(Rule::once(
        Upstream::Keaz,
        "keaz.remains.list",
        Action::Gate("list".into()),
    ));
    let runs = fixture.request(&[Job::Stock]).await;
    let work = fixture.work().await;
    fixture.sim.wait_until_arrived("keaz.remains.list", 1).await;
    fixture
        .sql("CREATE TABLE public.kept AS TABLE erp.stock; DROP TABLE erp.stock CASCADE")
        .await;
    fixture.sim.open("list");
    let run = fixture.ended(&runs).await.remove(0);
    assert_eq!(run.outcome.as_deref(), Some("failed"));
    assert!(
        run.note.as_deref().is_some_and(|note| note.contains("erp.stock")),
        "{:?}",
        run.note
    );
    assert_eq!(
        fixture.count("queue.call WHERE state = 'done'").await,
        2,
        "both lists were read"
    );
    assert_eq!(fixture.count("queue.call WHERE state <> 'done'").await, 0);
    assert_eq!(fixture.count("mirror.keaz_remain").await, 1, "and believed");
    fixture
        .sql("CREATE TABLE erp.stock (LIKE public.kept); ALTER TABLE erp.stock ADD PRIMARY KEY (warehouse_code, brand, article);
              INSERT INTO erp.stock TABLE public.kept")
        .await;
    work.stop().await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn several_workers_share_one_big_run_and_nothing_is_written_twice() {
    let fixture = Setup::new().set("keaz.batch_rows", 20).start().await;
    fixture.fill(5, 400).await;
    fixture.sim.inject(Rule::always(
        Upstream::Keaz,
        "keaz.remains.update",
        Action::Delay(Duration::from_millis(15)),
    ));
    let mut settings = fixture.settings.clone();
    settings.database.max_connections = 4;
    let others = [
        Database::open(&settings).await.unwrap(),
        Database::open(&settings).await.unwrap(),
    ];
    let mut workers = vec![fixture.work().await];
    for other in &others {
        workers.push(fixture.work_on(&other.pool).await);
    }
    let runs = fixture.request(&[Job::Stock, Job::Warehouses]).await;
    let rows = fixture.ended(&runs).await;
    for worker in workers {
        worker.stop().await;
    }
    for other in others {
        other.close().await;
    }
    assert!(
        rows.iter().all(|row| row.outcome.as_deref() == Some("done")),
        "{rows:#?}"
    );
    assert_eq!(rows[0].rows_pushed, 2005, "five warehouses and two thousand remains");
    let daemons = fixture
        .value("(SELECT count(DISTINCT daemon_id) FROM queue.attempt)")
        .await;
    assert_eq!(daemons.as_deref(), Some("3"), "all of them took part");
    assert_eq!(
        fixture
            .count("queue.attempt WHERE attempt > 1 OR outcome <> 'done'")
            .await,
        0
    );
    let writes = writes(&fixture, "keaz.remains.update");
    assert_eq!(writes.len(), 2000);
    assert!(writes.into_values().all(|times| times == 1));
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn a_first_orders_run_maps_statuses_even_if_the_shop_names_them_only_at_the_second_try() {
    let fixture = Setup::new().start().await;
    fixture.positions(3);
    fixture
        .sim
        .inject(Rule::once(Upstream::Saplab, "saplab.panel.status.list", failing()));
    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(fixture.count("erp.orders WHERE status = 'new'").await, 3);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn a_status_set_by_a_worker_that_died_over_it_is_looked_up_and_not_set_again() {
    let fixture = Setup::new().set("queue.poll", "1s").start().await;
    fixture.positions(2);
    fixture.sync_done(&[Job::Orders]).await;
    fixture.sql("UPDATE erp.orders SET status = 'issued'").await;
    let lost = Action::ApplyThen(Box::new(Action::Hang));
    fixture
        .sim
        .inject(Rule::once(Upstream::Saplab, "saplab.panel.order.set_status", lost));
    let runs = fixture.request(&[Job::Orders]).await;
    let first = fixture.work().await;
    fixture.sim.wait_until_arrived("saplab.panel.order.set_status", 2).await;
    fixture
        .until(
            "the other one to be done",
            "(SELECT count(*) = 1 FROM queue.call WHERE state = 'running')",
        )
        .await;
    first.abandon();
    fixture
        .sql("UPDATE queue.call SET lease_until = now() - interval '1 second' WHERE state = 'running'")
        .await;
    let second = fixture.work().await;
    let rows = fixture.ended(&runs).await;
    second.stop().await;
    assert_eq!(rows[0].outcome.as_deref(), Some("done"));
    let set = writes(&fixture, "saplab.panel.order.set_status");
    assert_eq!(set.into_values().collect::<Vec<_>>(), [1, 1]);
    fixture.assert_in_sync().await;
    fixture.assert_statuses_equal_erp().await;
}

#[tokio::test]
async fn a_request_that_had_to_wait_for_its_lane_joins_the_run_that_was_faster() {
    let fixture = Setup::new().start().await;
    let mut slower = fixture.pool.begin().await.unwrap();
    sqlx::query("SELECT now()").execute(&mut *slower).await.unwrap();
    let faster = fixture.request(&[Job::Stock]).await;
    let joined = run::request_in(&mut slower, Job::Stock, Trigger::Command, None).await;
    assert_eq!(joined.unwrap(), Requested::Joined(faster[0]));
    slower.commit().await.unwrap();
    fixture.sync_done(&[Job::Stock]).await;
}
