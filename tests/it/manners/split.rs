//! A batch that is refused whole is split until the row that spoils it stands alone: it is put aside, the others are done.

use sverka::job::Job;
use sverka::queue::look::{self, CallRow};
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

const UPDATE: &str = "keaz.remains.update";

async fn dead(fixture: &Fixture) -> Vec<CallRow> {
    look::calls(&fixture.pool, Some("dead"), 100).await.unwrap()
}

/// KEAZ refuses every push whole that holds one of these.
fn poisoned(texts: &[&str]) -> Setup {
    let texts = texts.iter().map(|text| (*text).to_owned()).collect();
    Setup::new().simulator(move |options| options.keaz_poison = texts)
}

async fn one_of_sixty_four(format: &str) {
    let fixture = poisoned(&["ART-00037"]).set("keaz.format", format).start().await;
    fixture.fill(1, 64).await;
    let runs = fixture.sync(&[Job::Stock]).await;
    assert_eq!((runs[0].rows_pushed, runs[0].rows_refused), (1 + 63, 1), "{runs:?}");
    assert_eq!(
        (runs[0].outcome.as_deref(), runs[0].open_calls),
        (Some("done"), 0),
        "{runs:?}"
    );
    assert_eq!(fixture.remains().len(), 63);
    // Six halvings, and the row alone once more: 64, then two of 32, 16, 8, 4, 2, 1, and 1.
    assert_eq!(fixture.arrived(UPDATE), 1 + 2 * 6 + 1);
    let put_aside = dead(&fixture).await;
    assert_eq!(put_aside.len(), 1, "{put_aside:?}");
    assert_eq!(put_aside[0].args["refused"], (37 * 7 + 1) % 50, "with its value");
    assert!(
        put_aside[0].reason.as_deref().unwrap().contains("Не удалось"),
        "in KEAZ's words"
    );
    let held = "diff.remain WHERE article = 'ART-00037' AND held LIKE 'KEAZ refused this row: %'";
    assert_eq!(fixture.count(held).await, 1);
    assert_eq!(fixture.count("diff.remain").await, 1);

    fixture.sync_done(&[Job::Stock]).await;
    assert_eq!(fixture.arrived(UPDATE), 14, "it is not sent again");
    fixture.sim.options().keaz_poison.clear();
    fixture
        .sql("UPDATE erp.stock SET quantity = 77 WHERE article = 'ART-00037'")
        .await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
    assert_eq!(dead(&fixture).await.len(), 0);
}

#[tokio::test]
async fn one_bad_row_of_a_batch_that_is_refused_whole_stands_alone_in_the_end_and_the_others_are_done() {
    for format in ["json", "xml", "form"] {
        one_of_sixty_four(format).await;
    }
}

#[tokio::test]
async fn several_bad_rows_in_several_batches_are_all_found_and_nothing_else_is_put_aside() {
    let fixture = poisoned(&["ART-00001", "ART-00002", "ART-00020", "ART-00049"])
        .set("keaz.batch_rows", 10)
        .start()
        .await;
    fixture.fill(2, 50).await;
    let runs = fixture.sync(&[Job::Stock]).await;
    assert_eq!((runs[0].rows_pushed, runs[0].rows_refused), (2 + 92, 8), "{runs:?}");
    assert_eq!(dead(&fixture).await.len(), 8);
    assert_eq!(fixture.remains().len(), 92);
    assert!(fixture.arrived(UPDATE) < 10 + 8 * 10, "{}", fixture.arrived(UPDATE));
}

#[tokio::test]
async fn a_warehouse_that_spoils_its_batch_is_put_aside_and_the_others_are_published() {
    let fixture = poisoned(&["W3"]).start().await;
    fixture.fill(8, 2).await;
    let runs = fixture.sync(&[Job::Stock]).await;
    assert_eq!((runs[0].rows_pushed, runs[0].rows_refused), (7 + 14, 1), "{runs:?}");
    assert_eq!(fixture.sim.world().keaz.warehouses.len(), 7);
    assert_eq!(dead(&fixture).await[0].operation, "keaz.warehouses.add");
    fixture.sim.options().keaz_poison.clear();
    fixture
        .sql("UPDATE erp.warehouses SET address = 'г. Уфа' WHERE code = 'W3'")
        .await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_halved_until_it_is_taken() {
    let fixture = Setup::new()
        .simulator(|options| options.keaz_rows_max = 10)
        .start()
        .await;
    fixture.fill(1, 64).await;
    fixture.sync_done(&[Job::Stock]).await;
    assert_eq!(
        fixture.arrived(UPDATE),
        1 + 2 + 4 + 8,
        "64, 32 and 16 are too many, 8 are not"
    );
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_in_sync().await;
    assert_eq!(fixture.mark(), 1 + 64, "each row once");
}

#[tokio::test]
async fn rows_that_are_too_large_even_alone_are_put_aside_and_the_splitting_ends() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 4).await;
    let too_large = Action::Status {
        code: 413,
        headers: Vec::new(),
        body: "too large".to_owned(),
    };
    fixture.sim.inject(Rule::always(Upstream::Keaz, UPDATE, too_large));
    let runs = fixture.sync(&[Job::Stock]).await;
    assert_eq!((runs[0].rows_pushed, runs[0].rows_refused), (1, 4), "{runs:?}");
    assert_eq!(fixture.arrived(UPDATE), 1 + 2 + 4);
    assert!(
        dead(&fixture)
            .await
            .iter()
            .all(|call| call.reason.as_deref().unwrap().contains("413"))
    );
}

#[tokio::test]
async fn an_upstream_that_refuses_everything_is_left_alone_and_no_row_is_put_aside() {
    let fixture = Setup::new()
        .set("queue.keaz.breaker_wait", "1h")
        .set("queue.keaz.breaker_wait_max", "1h")
        .start()
        .await;
    fixture.fill(1, 64).await;
    let busy = Action::Garbage(r#"{"status":{"code":"error","messages":["Сервис занят"]}}"#.to_owned());
    fixture.sim.inject(Rule::always(Upstream::Keaz, UPDATE, busy));
    let runs = fixture.request(&[Job::Stock]).await;
    let alone = "EXISTS (SELECT FROM queue.upstream WHERE name = 'keaz' AND openings = 1)
                 AND NOT EXISTS (SELECT FROM queue.call WHERE state = 'running')";
    fixture.work_until("KEAZ to be left alone", alone).await;
    assert!(fixture.arrived(UPDATE) <= 5 + 3, "{}", fixture.arrived(UPDATE));
    assert_eq!(dead(&fixture).await.len(), 0);
    fixture.sim.clear_faults();
    look::resume(&fixture.pool, None).await.unwrap();
    let work = fixture.work().await;
    let rows = fixture.ended(&runs).await;
    work.stop().await;
    assert_eq!(
        (rows[0].outcome.as_deref(), rows[0].rows_pushed),
        (Some("done"), 65),
        "{rows:?}"
    );
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn a_single_row_that_is_refused_without_a_reason_is_not_put_aside_while_nothing_else_is_accepted() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 1).await;
    let busy = Action::Garbage(r#"{"status":{"code":"error","messages":["Сервис занят"]}}"#.to_owned());
    fixture.sim.inject(Rule {
        times: 4,
        ..Rule::once(Upstream::Keaz, UPDATE, busy)
    });
    fixture.sync_done(&[Job::Stock]).await;
    assert_eq!(fixture.arrived(UPDATE), 5);
    fixture.assert_in_sync().await;
}
