//! What goes out to KEAZ: a third of a warehouse does not become 0 because a table was half empty for a minute.

use sverka::hold::decide;
use sverka::job::Job;
use sverka::queue::run::{self, Trigger};
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

/// `W1`.. with so many articles each, none of them 0, all at KEAZ.
async fn published(setup: Setup, warehouses: u32, articles: u32) -> Fixture {
    let fixture = setup.start().await;
    fixture.fill(warehouses, articles).await;
    fixture.sql("UPDATE erp.stock SET quantity = quantity + 1").await;
    fixture.sync_done(&[Job::Warehouses, Job::Stock]).await;
    fixture.assert_in_sync().await;
    fixture.sim.forget_requests();
    fixture
}

/// Articles from 1 to `last` of a warehouse have gone from the ERP.
async fn lose(fixture: &Fixture, warehouse: &str, last: u32) {
    fixture
        .sql(&format!(
            "DELETE FROM erp.stock WHERE warehouse_code = '{warehouse}' AND article <= 'ART-{last:05}'"
        ))
        .await;
}

fn zeros(fixture: &Fixture) -> usize {
    fixture.remains().values().filter(|quantity| **quantity == 0).count()
}

#[tokio::test]
async fn an_erp_that_was_emptied_by_half_zeroes_nothing_and_everything_else_goes_on() {
    let fixture = published(Setup::new(), 2, 100).await;
    lose(&fixture, "W1", 50).await;
    fixture
        .sql(
            "UPDATE erp.stock SET quantity = 500 WHERE warehouse_code = 'W1' AND article = 'ART-00077';
             UPDATE erp.stock SET quantity = 0 WHERE warehouse_code = 'W2' AND article = 'ART-00001'",
        )
        .await;
    let mark = fixture.mark();
    let run = fixture.run_done(Job::Stock).await;
    assert_eq!(
        fixture.told_since(mark),
        [
            "keaz.remains.update W1/ART-00077 = 500",
            "keaz.remains.update W2/ART-00001 = 0"
        ]
    );
    let hold = fixture.hold().await;
    assert_eq!(
        (hold.scope.as_str(), hold.kind.as_str(), hold.rows, hold.of, hold.run_id),
        ("W1", "zero", 50, 100, Some(run.id))
    );
    assert!(hold.why.contains("guard.max_zero_share allows 30"), "{}", hold.why);
    assert!(run.note.unwrap().starts_with("held: 50 rows"));
    assert_eq!(fixture.held_rows(hold.id).await[0], "W1/ART-00001 9 -> 0");
    let shown = fixture
        .count("diff.remain WHERE held LIKE '[guard] holds it, hold 1: of 100 remains of warehouse W1%'")
        .await;
    assert_eq!(shown, 50);

    // The next run finds the same: it is refreshed, not made anew.
    fixture.run_done(Job::Stock).await;
    assert_eq!(fixture.hold().await.id, hold.id);
    assert_eq!(zeros(&fixture), 1);

    // Mended before anybody decided: it is over by itself.
    fixture
        .sql("INSERT INTO erp.stock (warehouse_code, brand, article, quantity) SELECT 'W1', 'KEAZ', 'ART-' || lpad(a::text, 5, '0'), 7 FROM generate_series(1, 50) a")
        .await;
    let run = fixture.run_done(Job::Stock).await;
    assert_eq!(run.note, None);
    assert_eq!(fixture.holds().await.len(), 0);
    assert_eq!(
        fixture.value("SELECT state FROM queue.hold").await.as_deref(),
        Some("over")
    );
    assert_eq!(zeros(&fixture), 1);
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn a_release_lets_exactly_the_rows_that_were_shown_go_and_only_once() {
    let fixture = published(Setup::new(), 1, 100).await;
    lose(&fixture, "W1", 50).await;
    fixture.run_done(Job::Stock).await;
    let hold = fixture.hold().await;
    assert!(decide::release(&fixture.pool, hold.id, "a test").await.unwrap());
    assert!(
        !decide::release(&fixture.pool, hold.id, "a test").await.unwrap(),
        "once"
    );
    // Between the release and the run: one is mended, and 40 more are lost.
    fixture.stock("W1", "KEAZ", "ART-00050", Some("5")).await;
    lose(&fixture, "W1", 49).await;
    fixture.sql("DELETE FROM erp.stock WHERE article > 'ART-00060'").await;
    let mark = fixture.mark();
    fixture.run_done(Job::Stock).await;
    let told = fixture.told_since(mark);
    assert_eq!(told.len(), 50, "49 released and one that rose: {told:?}");
    assert_eq!(told.iter().filter(|one| one.ends_with(" = 0")).count(), 49);
    assert!(told.contains(&"keaz.remains.update W1/ART-00050 = 5".to_owned()));
    let judged_anew = fixture.hold().await;
    assert_eq!(judged_anew.rows, 40, "what was not in the released set");
    let by = fixture
        .value(&format!(
            "SELECT state || ' ' || decided_by FROM queue.hold WHERE id = {}",
            hold.id
        ))
        .await;
    assert_eq!(by.as_deref(), Some("released a test"));
    let acts = "queue.audit WHERE who = 'a test' AND command = 'hold release' AND words LIKE 'hold 1, 50 rows: of 100 remains%'";
    assert_eq!(fixture.count(acts).await, 1);

    // The same rows come back and go again: that was not released.
    let back = "INSERT INTO erp.stock (warehouse_code, brand, article, quantity)
                SELECT 'W1', 'KEAZ', 'ART-' || lpad(a::text, 5, '0'), 9 FROM generate_series(1, 100) a
                ON CONFLICT DO NOTHING";
    fixture.sql(back).await;
    fixture.run_done(Job::Stock).await;
    fixture.assert_keaz_equals_erp().await;
    lose(&fixture, "W1", 49).await;
    fixture.run_done(Job::Stock).await;
    assert_eq!((zeros(&fixture), fixture.hold().await.rows), (0, 49));
}

#[tokio::test]
async fn what_a_person_refused_stays_until_the_erp_is_mended_and_holds_up_nothing_else() {
    let fixture = published(Setup::new(), 1, 100).await;
    lose(&fixture, "W1", 50).await;
    fixture.run_done(Job::Stock).await;
    let hold = fixture.hold().await;
    assert!(decide::refuse(&fixture.pool, hold.id, "a test").await.unwrap());
    // Three more are sold out: few, and nobody's business.
    fixture
        .sql("UPDATE erp.stock SET quantity = 0 WHERE article >= 'ART-00098'")
        .await;
    fixture.run_done(Job::Stock).await;
    assert_eq!(zeros(&fixture), 3);
    assert_eq!(fixture.hold().await.state, "refused");
    fixture.stock("W1", "KEAZ", "ART-00001", Some("4")).await;
    fixture.run_done(Job::Stock).await;
    assert_eq!((fixture.remains()["W1/ART-00001"], zeros(&fixture)), (4, 3));
    fixture
        .sql("INSERT INTO erp.stock (warehouse_code, brand, article, quantity) SELECT 'W1', 'KEAZ', 'ART-' || lpad(a::text, 5, '0'), 7 FROM generate_series(2, 50) a")
        .await;
    fixture.run_done(Job::Stock).await;
    assert_eq!(fixture.holds().await.len(), 0);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn an_erp_that_is_emptied_while_its_calls_wait_zeroes_nothing() {
    let fixture = published(
        Setup::new().set("keaz.batch_rows", 7).set("queue.keaz.concurrency", 1),
        1,
        100,
    )
    .await;
    fixture.sql("UPDATE erp.stock SET quantity = quantity + 100").await;
    let gate = Action::Gate("first".into());
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.remains.update", gate));
    let mark = fixture.mark();
    let runs = fixture.request(&[Job::Stock]).await;
    let work = fixture.work().await;
    fixture.sim.wait_until_arrived("keaz.remains.update", 1).await;
    // The calls are in the queue and name every article; now half of them have gone.
    assert!(
        fixture
            .count("queue.call WHERE operation = 'keaz.remains.update' AND state = 'pending'")
            .await
            > 10
    );
    lose(&fixture, "W1", 50).await;
    fixture.sim.open("first");
    fixture.ended(&runs).await;
    work.stop().await;
    let zeroed = fixture
        .told_since(mark)
        .into_iter()
        .filter(|one| one.ends_with(" = 0"))
        .count();
    assert_eq!(zeroed, 0);
    assert_eq!(
        fixture.hold().await.rows,
        50,
        "the next round of the run has found them"
    );
    assert_eq!(fixture.remains()["W1/ART-00051"], 109);
}

#[tokio::test]
async fn what_is_sold_out_while_its_call_waits_goes_with_the_next_round() {
    let fixture = published(
        Setup::new().set("keaz.batch_rows", 50).set("queue.keaz.concurrency", 1),
        1,
        100,
    )
    .await;
    fixture.sql("UPDATE erp.stock SET quantity = quantity + 100").await;
    let gate = Action::Gate("first".into());
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.remains.update", gate));
    let runs = fixture.request(&[Job::Stock]).await;
    let work = fixture.work().await;
    fixture.sim.wait_until_arrived("keaz.remains.update", 1).await;
    fixture
        .sql("UPDATE erp.stock SET quantity = 0 WHERE article IN ('ART-00001', 'ART-00099')")
        .await;
    fixture.sim.open("first");
    fixture.ended(&runs).await;
    work.stop().await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn many_warehouses_that_lose_a_little_each_are_held_as_one() {
    let setup = Setup::new().set("guard.small", 5).set("guard.max_zero_share", 0.2);
    let fixture = published(setup, 8, 20).await;
    // Five of twenty in each: for one warehouse too few to be held, for KEAZ 40 of 160.
    fixture.sql("DELETE FROM erp.stock WHERE article <= 'ART-00005'").await;
    fixture.run_done(Job::Stock).await;
    let hold = fixture.hold().await;
    assert_eq!((hold.scope.as_str(), hold.rows, hold.of), ("", 40, 160));
    assert_eq!(zeros(&fixture), 0);
}

#[tokio::test]
async fn no_run_takes_away_more_than_the_number_allows_round_by_round_either() {
    let setup = Setup::new().set("guard.max_rows", 20).set("queue.keaz.concurrency", 1);
    let fixture = published(setup, 1, 200).await;
    lose(&fixture, "W1", 15).await;
    let gate = Action::Gate("first".into());
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.remains.update", gate));
    let runs = fixture.request(&[Job::Stock]).await;
    let work = fixture.work().await;
    fixture.sim.wait_until_arrived("keaz.remains.update", 1).await;
    lose(&fixture, "W1", 30).await;
    fixture.sim.open("first");
    fixture.ended(&runs).await;
    work.stop().await;
    let hold = fixture.hold().await;
    assert_eq!((zeros(&fixture), hold.rows), (15, 15));
    assert!(hold.why.contains("guard.max_rows allows 20"), "{}", hold.why);
    // The next run counts from the beginning, but what is held stays so until somebody has looked.
    fixture.run_done(Job::Stock).await;
    assert_eq!((zeros(&fixture), fixture.hold().await.id), (15, hold.id));
    decide::release(&fixture.pool, hold.id, "a test").await.unwrap();
    fixture.run_done(Job::Stock).await;
    assert_eq!((zeros(&fixture), fixture.holds().await.len()), (30, 0));
}

#[tokio::test]
async fn rows_that_would_be_deleted_are_held_in_the_same_way() {
    let fixture = published(Setup::new().set("keaz.on_missing", "delete"), 1, 100).await;
    lose(&fixture, "W1", 50).await;
    fixture.run_done(Job::Stock).await;
    assert_eq!(fixture.remains().len(), 100);
    let hold = fixture.hold().await;
    assert_eq!((hold.kind.as_str(), hold.rows), ("delete", 50));
    decide::release(&fixture.pool, hold.id, "a test").await.unwrap();
    fixture.run_done(Job::Stock).await;
    assert_eq!(fixture.remains().len(), 50);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn what_is_new_unknown_few_or_rises_is_never_held() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 100).await;
    fixture.sql("UPDATE erp.stock SET quantity = 0").await;
    // A first publication of zeros, then a rise of all.
    fixture.run_done(Job::Stock).await;
    fixture.sql("UPDATE erp.stock SET quantity = 9").await;
    fixture.run_done(Job::Stock).await;
    fixture.assert_keaz_equals_erp().await;
    // Unknown: KEAZ keeps what it shows.
    fixture
        .sql("UPDATE erp.stock SET quantity = NULL WHERE article > 'ART-00010'")
        .await;
    fixture.run_done(Job::Stock).await;
    assert_eq!(zeros(&fixture), 0);
    // Ten are few, though they are all that is known; below nothing is nothing.
    fixture
        .sql("UPDATE erp.stock SET quantity = CASE article WHEN 'ART-00003' THEN -1 ELSE 0 END WHERE article <= 'ART-00010'")
        .await;
    fixture.run_done(Job::Stock).await;
    assert_eq!(zeros(&fixture), 10);
    assert_eq!(fixture.count("queue.hold").await, 0);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn one_article_that_a_person_names_is_not_held() {
    let fixture = published(Setup::new(), 2, 100).await;
    fixture
        .sql("UPDATE erp.stock SET quantity = 0 WHERE article <= 'ART-00050'")
        .await;
    fixture.run_done(Job::Stock).await;
    let context = fixture.context(0);
    let asked = run::request(&fixture.pool, &context, Job::Stock, Trigger::Command, Some("ART-00050")).await;
    let work = fixture.work().await;
    fixture.ended(&[asked.unwrap().run_id()]).await;
    work.stop().await;
    assert_eq!(zeros(&fixture), 2);
    // And by a single call.
    let args = serde_json::json!({"warehouse": "W1", "articles": ["ART-00001"]});
    assert_eq!(fixture.ask("keaz.remains.update", args).await.state, "done");
    assert_eq!(zeros(&fixture), 3);
}

#[tokio::test]
async fn a_hold_that_grows_by_more_than_a_few_rows_is_another_one() {
    let fixture = published(Setup::new(), 1, 100).await;
    lose(&fixture, "W1", 50).await;
    fixture.run_done(Job::Stock).await;
    let first = fixture.hold().await.id;
    lose(&fixture, "W1", 60).await;
    fixture.run_done(Job::Stock).await;
    let grown = fixture.hold().await;
    assert_eq!((grown.id, grown.rows), (first, 60), "ten more are few");
    lose(&fixture, "W1", 61).await;
    fixture.run_done(Job::Stock).await;
    let other = fixture.hold().await;
    assert_eq!(other.rows, 61);
    assert_ne!(other.id, first);
    // Who was shown the first can not release the second by it.
    assert!(!decide::release(&fixture.pool, first, "a test").await.unwrap());
    fixture.run_done(Job::Stock).await;
    assert_eq!((zeros(&fixture), fixture.hold().await.id), (0, other.id));
}

#[tokio::test]
async fn zeros_that_wait_for_keaz_are_called_back_when_more_follow() {
    let fixture = published(Setup::new().set("queue.pause", "1h"), 1, 100).await;
    lose(&fixture, "W1", 25).await;
    let denied = Action::Status {
        code: 403,
        body: String::new(),
        headers: Vec::new(),
    };
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.update", denied));
    let work = fixture.work().await;
    fixture.request(&[Job::Stock]).await;
    fixture.sim.wait_until_arrived("keaz.remains.update", 1).await;
    fixture
        .until(
            "KEAZ to rest",
            "EXISTS (SELECT FROM queue.upstream WHERE paused_until > now())",
        )
        .await;
    work.stop().await;
    lose(&fixture, "W1", 90).await;
    fixture.sim.clear_faults();
    // The run waits: a new one takes its calls over and judges afresh.
    let runs = fixture.request(&[Job::Stock]).await;
    sverka::queue::look::resume(&fixture.pool, None).await.unwrap();
    let work = fixture.work().await;
    fixture.ended(&runs).await;
    work.stop().await;
    assert_eq!((zeros(&fixture), fixture.hold().await.rows), (0, 90));
}

#[tokio::test]
async fn zeros_of_a_batch_that_is_refused_whole_go_with_its_halves_and_are_judged_once() {
    let setup = Setup::new().set("guard.max_rows", 20);
    let fixture = published(setup, 1, 100).await;
    lose(&fixture, "W1", 20).await;
    fixture.sim.options().keaz_poison = vec!["ART-00007".into()];
    let runs = fixture.sync(&[Job::Stock]).await;
    assert_eq!(runs[0].outcome.as_deref(), Some("done"), "{runs:?}");
    assert_eq!((zeros(&fixture), runs[0].rows_refused), (19, 1), "{runs:?}");
    assert_eq!(fixture.count("queue.hold").await, 0);
    assert_eq!(
        fixture
            .count("diff.remain WHERE held LIKE 'KEAZ refused this row: %'")
            .await,
        1
    );
}
