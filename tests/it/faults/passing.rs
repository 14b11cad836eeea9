//! Faults that pass: errors, lost answers, garbage. The work is finished without anybody's help.

use sverka::job::Job;
use sverka::queue::look;
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

/// Job `warehouses` would only stand in the lane of `stock`, which does its work too.
const JOBS: [Job; 2] = [Job::Stock, Job::Orders];
const SET_STATUS: &str = "saplab.panel.order.set_status";

const READS: [(Upstream, &str); 5] = [
    (Upstream::Keaz, "keaz.warehouses.list"),
    (Upstream::Keaz, "keaz.remains.list"),
    (Upstream::Saplab, "saplab.panel.status.list"),
    (Upstream::Saplab, "saplab.panel.order.list"),
    (Upstream::Carreta, "carreta.order.list"),
];
const PUSHES: [(Upstream, &str); 4] = [
    (Upstream::Keaz, "keaz.warehouses.add"),
    (Upstream::Keaz, "keaz.warehouses.update"),
    (Upstream::Keaz, "keaz.remains.update"),
    (Upstream::Saplab, SET_STATUS),
];

fn status(code: u16, headers: &[(&str, &str)]) -> Action {
    Action::Status {
        code,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: "try later".to_owned(),
    }
}

fn applied(then: Action) -> Action {
    Action::ApplyThen(Box::new(then))
}

/// A first sync and a second one with changes everywhere, while every read and every push meets the fault once. Returns
/// the effects of both; in the end everybody agrees.
async fn meet(action: Action) -> (Fixture, Vec<String>) {
    let fixture = Setup::new().set("keaz.batch_rows", 15).start().await;
    fixture.fill(2, 30).await;
    fixture.positions(6);
    for (upstream, operation) in READS.iter().chain(&PUSHES) {
        fixture.sim.inject(Rule::once(*upstream, operation, action.clone()));
    }
    fixture.sync_done(&JOBS).await;
    fixture
        .sql(
            "UPDATE erp.stock SET quantity = quantity + 100 WHERE article <= 'ART-00020';
             UPDATE erp.warehouses SET address = 'г. Уфа, ' || code;
             UPDATE erp.orders SET status = 'received' WHERE saplab_id <= 4",
        )
        .await;
    fixture.sync_done(&JOBS).await;
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_statuses_equal_erp().await;
    assert!(fixture.open_and_dead().await.is_empty());
    let told = fixture.told_since(0);
    let statuses: Vec<_> = told.iter().filter(|one| one.starts_with(SET_STATUS)).cloned().collect();
    let wanted: Vec<_> = (1..=4).map(|id| format!("{SET_STATUS} {id} = 3")).collect();
    assert_eq!(
        statuses, wanted,
        "no customer is told twice, none is forgotten ({action:?})"
    );
    (fixture, told)
}

/// 2 warehouses and 60 remains, then 2 addresses, 40 remains and 4 statuses.
const WANTED: usize = 2 + 60 + 2 + 40 + 4;

#[tokio::test]
async fn errors_of_the_server_pass_on_reads_and_on_pushes() {
    for action in [status(500, &[]), status(502, &[]), status(504, &[])] {
        let (_, told) = meet(action).await;
        assert_eq!(told.len(), WANTED, "{told:#?}");
    }
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_asked_again_after_that() {
    for action in [
        status(429, &[]),
        status(503, &[("Retry-After", "1")]),
        status(503, &[("Retry-After", "soon")]),
    ] {
        let (_, told) = meet(action).await;
        assert_eq!(told.len(), WANTED, "{told:#?}");
    }
}

#[tokio::test]
async fn retry_after_is_believed() {
    let fixture = Setup::new().start().await;
    fixture.sim.inject(Rule::once(
        Upstream::Keaz,
        "keaz.warehouses.list",
        status(429, &[("Retry-After", "600")]),
    ));
    fixture.request(&[Job::Warehouses]).await;
    let waits = "(SELECT bool_or(outcome = 'retry' AND http_status = 429
                              AND retry_at BETWEEN now() + interval '590 s' AND now() + interval '600 s') FROM queue.attempt)";
    fixture.work_until("the call to wait", waits).await;
    assert_eq!(fixture.sim.counts()["keaz.warehouses.list"].ended, 1);
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_effect_loses_nothing() {
    for action in [Action::Drop, Action::Reset] {
        let (_, told) = meet(action).await;
        assert_eq!(told.len(), WANTED, "{told:#?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_effect_doubles_nothing() {
    for action in [applied(Action::Drop), applied(Action::Reset)] {
        let (_, told) = meet(action).await;
        assert_eq!(told.len(), WANTED, "{told:#?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_after_the_effect_doubles_nothing() {
    for action in [Action::CutBody, Action::CutUnseen] {
        let (_, told) = meet(action).await;
        assert_eq!(told.len(), WANTED, "{told:#?}");
    }
}

#[tokio::test]
async fn garbage_in_place_of_an_answer_loses_and_doubles_nothing() {
    for body in ["", "{", "null", "{\"status\":\"maybe\"}", "\u{0}\u{1}", "ok"] {
        for action in [
            Action::Garbage(body.to_owned()),
            applied(Action::Garbage(body.to_owned())),
        ] {
            let (_, told) = meet(action).await;
            assert_eq!(told.len(), WANTED, "{body:?}: {told:#?}");
        }
    }
}

#[tokio::test]
async fn a_gateway_error_after_the_effect_tells_no_customer_twice() {
    // Setting a remain again is harmless and may happen here; `meet` counts the statuses.
    meet(applied(status(502, &[]))).await;
}

#[tokio::test]
async fn an_answer_that_never_comes_is_given_up() {
    let fixture = Setup::new()
        .set("keaz.timeout", "300ms")
        .set("saplab.panel.timeout", "300ms")
        .start()
        .await;
    fixture.fill(1, 5).await;
    fixture.positions(1);
    for (upstream, operation) in READS.iter().take(4).chain(&PUSHES) {
        fixture
            .sim
            .inject(Rule::once(*upstream, operation, applied(Action::Hang)));
    }
    fixture.sync_done(&JOBS).await;
    fixture.sql("UPDATE erp.orders SET status = 'issued'").await;
    fixture.sync_done(&JOBS).await;
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
    assert_eq!(fixture.mark(), 1 + 5 + 1, "{:?}", fixture.told_since(0));
}

#[tokio::test]
async fn a_status_is_not_sent_again_when_a_page_followed_the_effect() {
    let fixture = Setup::new().set("queue.pause", "50ms").start().await;
    fixture.positions(2);
    fixture.sync_done(&[Job::Orders]).await;
    for then in [
        Action::Html,
        Action::Redirect {
            code: 302,
            location: "/login".to_owned(),
        },
    ] {
        fixture
            .sim
            .inject(Rule::once(Upstream::Saplab, SET_STATUS, applied(then)));
    }
    fixture.sql("UPDATE erp.orders SET status = 'issued'").await;
    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(
        fixture.told_since(0),
        [format!("{SET_STATUS} 1 = 4"), format!("{SET_STATUS} 2 = 4")]
    );
    fixture.assert_in_sync().await;
}

/// A list is asked for, made upstream, and held up; meanwhile this one call is made; then the list arrives.
async fn overtaken(fixture: &Fixture, job: Job, list: (Upstream, &str), call: &str) {
    let held_up = applied(Action::Gate("overtaken".to_owned()));
    fixture.sim.inject(Rule::once(list.0, list.1, held_up));
    fixture.sim.forget_requests();
    let runs = fixture.request(&[job]).await;
    let work = fixture.work().await;
    fixture.sim.wait_until_arrived(list.1, 1).await;
    fixture
        .sql(&format!(
            "INSERT INTO queue.call (upstream, operation, args, class, priority) VALUES ({call}, 'idempotent', 0)"
        ))
        .await;
    let made = "EXISTS (SELECT FROM queue.call WHERE class = 'idempotent' AND run_id IS NULL AND state = 'done')";
    fixture.until("the call that overtakes the list", made).await;
    fixture.sim.open("overtaken");
    fixture.ended(&runs).await;
    work.stop().await;
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn a_page_of_positions_does_not_undo_what_was_acknowledged_after_it_was_asked_for() {
    let fixture = Setup::new().start().await;
    fixture.positions(2);
    fixture.sync_done(&[Job::Orders]).await;
    let mark = fixture.mark();
    fixture
        .sql("UPDATE erp.orders SET status = 'issued' WHERE saplab_id = 1")
        .await;
    let set = r#"'saplab', 'saplab.orders.set_status', '{"position": 1}'"#;
    overtaken(
        &fixture,
        Job::Orders,
        (Upstream::Saplab, "saplab.panel.order.list"),
        set,
    )
    .await;
    assert_eq!(fixture.told_since(mark), [format!("{SET_STATUS} 1 = 4")]);
}

#[tokio::test]
async fn a_list_of_remains_does_not_undo_what_was_acknowledged_after_it_was_asked_for() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    fixture.sync_done(&[Job::Stock]).await;
    let mark = fixture.mark();
    fixture
        .sql("UPDATE erp.stock SET quantity = 77 WHERE article = 'ART-00001'")
        .await;
    let update = r#"'keaz', 'keaz.remains.update', '{"warehouse": "W1", "articles": ["ART-00001"]}'"#;
    overtaken(&fixture, Job::Stock, (Upstream::Keaz, "keaz.remains.list"), update).await;
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/ART-00001 = 77"]);
}

#[tokio::test]
async fn a_status_whose_effect_is_in_doubt_is_tried_again_with_growing_pauses() {
    let fixture = Setup::new()
        .set("queue.backoff_base", "10m")
        .set("queue.backoff_max", "10m")
        .start()
        .await;
    fixture.positions(1);
    fixture.sync_done(&[Job::Orders]).await;
    fixture.sql("UPDATE erp.orders SET status = 'issued'").await;
    fixture.sim.forget_requests();
    fixture
        .sim
        .inject(Rule::always(Upstream::Saplab, SET_STATUS, status(500, &[])));
    fixture.request(&[Job::Orders]).await;
    let looked_up = "EXISTS (SELECT FROM queue.call WHERE operation = 'saplab.orders.set_status' AND state = 'pending'
                        AND due_at > now() + interval '30 s' AND failures = 1)";
    fixture
        .work_until("the call to wait after the look upstream", looked_up)
        .await;
    assert_eq!(fixture.sim.counts()[SET_STATUS].arrived, 1);
}

#[tokio::test]
async fn a_call_that_never_succeeds_is_dead_after_its_last_attempt_and_the_next_sync_tries_anew() {
    let fixture = Setup::new().set("queue.max_attempts", 4).start().await;
    fixture.fill(1, 5).await;
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.update", status(500, &[])));
    let runs = fixture.sync(&[Job::Stock]).await;
    assert_eq!(runs[0].outcome.as_deref(), Some("partial"));
    let dead = look::calls(&fixture.pool, Some("dead"), 10).await.unwrap();
    assert!(
        dead.iter()
            .all(|call| call.attempt == 4 && call.reason.as_deref().unwrap_or_default().contains("HTTP 500")),
        "{dead:?}"
    );
    assert_eq!(fixture.differing().await.len(), 5, "what differs is still to be seen");
    fixture.sim.clear_faults();
    fixture.sync_done(&[Job::Stock]).await;
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn an_upstream_that_is_down_does_not_hold_up_the_others() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 10).await;
    fixture.positions(3);
    fixture.sim.inject(Rule::always(Upstream::Keaz, "keaz", Action::Drop));
    let runs = fixture.request(&JOBS).await;
    let work = fixture.work().await;
    let orders = fixture.ended(&runs[1..]).await;
    assert_eq!(orders[0].outcome.as_deref(), Some("done"));
    fixture.sim.clear_faults();
    fixture.ended(&runs).await;
    work.stop().await;
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
}
