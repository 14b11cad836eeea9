//! What an upstream refuses is put aside with its own words: it stops nothing else, and is not sent again by itself.

use sverka::job::Job;
use sverka::queue::look::{self, CallRow};
use sverka::simulate::world::Warehouse;
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

async fn dead(fixture: &Fixture) -> Vec<CallRow> {
    look::calls(&fixture.pool, Some("dead"), 100).await.unwrap()
}

fn sent(fixture: &Fixture, operation: &str) -> u64 {
    fixture.sim.counts().get(operation).map_or(0, |seen| seen.ended)
}

/// `queue retry` of the one dead call, worked off.
async fn retry(fixture: &Fixture) {
    let id = dead(fixture).await[0].id;
    assert!(look::retry(&fixture.pool, id, "a test").await.unwrap());
    let ended = format!("(SELECT state = 'done' FROM queue.call WHERE id = {id})");
    fixture.work_until("the retried call", &ended).await;
}

/// KEAZ refuses remains in a warehouse that it does not know.
async fn a_bad_remain_stops_no_other(setup: Setup) {
    const UPDATE: &str = "keaz.remains.update";
    let fixture = setup.start().await;
    fixture.fill(1, 10).await;
    fixture.stock("ПРИЗРАК", "KEAZ", "A\"1\"", Some("5")).await;
    fixture.stock("ПРИЗРАК", "KEAZ", "A2", Some("0")).await;
    let runs = fixture.sync(&[Job::Stock]).await;
    assert_eq!((runs[0].rows_pushed, runs[0].rows_refused), (11, 2), "{runs:?}");
    assert_eq!(fixture.remains().len(), 10);
    assert_eq!(fixture.mark(), 11, "a warehouse and ten remains");
    let put_aside = dead(&fixture).await;
    assert_eq!(put_aside.len(), 2, "{put_aside:?}");
    for call in &put_aside {
        let words = call.reason.as_deref().unwrap_or_default();
        assert!(words.contains("Не корректные данные остатка в строке"), "{words}");
    }
    let held = "diff.remain WHERE held LIKE 'KEAZ refused this row: %Не корректные данные остатка%'";
    assert_eq!(fixture.count(held).await, 2);
    assert_eq!(fixture.count("diff.remain").await, 2);

    fixture.sim.forget_requests();
    fixture.sync_done(&[Job::Stock]).await;
    assert_eq!(sent(&fixture, UPDATE), 0, "the same value is not sent again");

    fixture
        .sql("UPDATE erp.stock SET quantity = 6 WHERE article = 'A\"1\"'")
        .await;
    fixture.sync(&[Job::Stock]).await;
    assert_eq!(sent(&fixture, UPDATE), 1, "a changed value is");
    assert_eq!(
        dead(&fixture).await.len(),
        2,
        "and its refusal takes the place of the first one"
    );

    fixture.sql("DELETE FROM erp.stock WHERE article = 'A2'").await;
    fixture.sync_done(&[Job::Stock]).await;
    assert_eq!(sent(&fixture, UPDATE), 1);
    assert_eq!(
        fixture.count("diff.remain").await,
        1,
        "what is not wanted any more is not held either"
    );

    let warehouse = Warehouse {
        id: 77,
        code: "ПРИЗРАК".to_owned(),
        ..Warehouse::default()
    };
    fixture
        .sim
        .world()
        .keaz
        .warehouses
        .insert("ПРИЗРАК".to_owned(), warehouse);
    retry(&fixture).await;
    assert_eq!(fixture.remains()["ПРИЗРАК/A\"1\""], 6);
    assert_eq!(sent(&fixture, UPDATE), 2);
    fixture.assert_in_sync().await;
    let about_it: Vec<_> = dead(&fixture)
        .await
        .into_iter()
        .filter(|call| call.args.to_string().contains("A\\\"1"))
        .collect();
    assert_eq!(about_it.len(), 0, "{about_it:?}");
}

#[tokio::test]
async fn a_bad_row_is_put_aside_with_keazs_own_words_and_the_others_are_done() {
    a_bad_remain_stops_no_other(Setup::new()).await;
}

#[tokio::test]
async fn a_bad_row_is_put_aside_when_its_message_makes_the_json_invalid() {
    a_bad_remain_stops_no_other(Setup::new().simulator(|options| options.keaz_broken_json = true)).await;
}

#[tokio::test]
async fn a_bad_row_is_put_aside_when_a_p_stands_before_the_xml() {
    let setup = Setup::new()
        .set("keaz.format", "xml")
        .simulator(|options| options.keaz_xml_p = true);
    a_bad_remain_stops_no_other(setup).await;
}

#[tokio::test]
async fn a_bad_row_is_put_aside_when_it_was_sent_as_a_form() {
    a_bad_remain_stops_no_other(Setup::new().set("keaz.format", "form")).await;
}

#[tokio::test]
async fn retrying_a_refused_row_that_is_still_bad_puts_it_aside_again() {
    let fixture = Setup::new().start().await;
    fixture.stock("GHOST", "KEAZ", "A1", Some("5")).await;
    fixture.sync(&[Job::Stock]).await;
    fixture.sim.forget_requests();
    retry(&fixture).await;
    assert_eq!(sent(&fixture, "keaz.remains.update"), 1);
    assert_eq!(dead(&fixture).await.len(), 1);
    fixture.sync_done(&[Job::Stock]).await;
    assert_eq!(sent(&fixture, "keaz.remains.update"), 1);
}

#[tokio::test]
async fn a_refused_warehouse_holds_its_own_remains_only_until_it_is_mended() {
    let fixture = Setup::new()
        .simulator(|options| options.keaz_requires_address = true)
        .start()
        .await;
    fixture.fill(2, 5).await;
    fixture
        .sql("UPDATE erp.warehouses SET address = '' WHERE code = 'W1'")
        .await;
    fixture.sync(&[Job::Warehouses, Job::Stock]).await;
    assert_eq!(fixture.remains().len(), 5, "those of W2");
    let words = dead(&fixture).await[0].reason.clone().unwrap_or_default();
    assert!(words.contains("Не корректные данные склада в строке"), "{words}");
    let held = fixture
        .value("SELECT string_agg(DISTINCT held, '; ') FROM diff.remain")
        .await;
    assert_eq!(held.as_deref(), Some("the warehouse is not at KEAZ yet"));

    fixture.sim.forget_requests();
    fixture.sync_done(&[Job::Warehouses, Job::Stock]).await;
    assert_eq!(
        sent(&fixture, "keaz.warehouses.add") + sent(&fixture, "keaz.remains.update"),
        0
    );

    fixture
        .sql("UPDATE erp.warehouses SET address = 'г. Уфа' WHERE code = 'W1'")
        .await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_in_sync().await;
    assert_eq!(dead(&fixture).await.len(), 0);
}

#[tokio::test]
async fn a_refused_status_is_put_aside_and_the_others_go() {
    const SET: &str = "saplab.panel.order.set_status";
    let fixture = Setup::new().set("queue.saplab.concurrency", 1).start().await;
    fixture.positions(3);
    fixture.sync_done(&[Job::Orders]).await;
    let refusal = Action::Status {
        code: 200,
        headers: vec![("Content-Type".into(), "application/json".into())],
        body: r#"{"status":"error","text":"Нет подходящих заказов."}"#.into(),
    };
    fixture.sim.inject(Rule::once(Upstream::Saplab, SET, refusal.clone()));
    fixture.sql("UPDATE erp.orders SET status = 'received'").await;
    let runs = fixture.sync(&[Job::Orders]).await;
    assert_eq!((runs[0].rows_pushed, runs[0].rows_refused), (2, 1), "{runs:?}");
    assert_eq!(fixture.mark(), 2);
    let put_aside = dead(&fixture).await;
    assert_eq!(put_aside.len(), 1);
    assert!(
        put_aside[0]
            .reason
            .as_deref()
            .unwrap_or_default()
            .contains("Нет подходящих заказов.")
    );
    assert_eq!(
        fixture
            .count("diff.order_status WHERE held LIKE 'Saplab refused%'")
            .await,
        1
    );

    fixture.sim.forget_requests();
    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(sent(&fixture, SET), 0, "the same status is not sent again");

    fixture.sim.inject(Rule::once(Upstream::Saplab, SET, refusal));
    fixture
        .sql("UPDATE erp.orders SET status = 'issued' WHERE saplab_id IN (SELECT saplab_id FROM diff.order_status)")
        .await;
    fixture.sync(&[Job::Orders]).await;
    assert_eq!(sent(&fixture, SET), 1, "another one is");
    assert_eq!(dead(&fixture).await.len(), 1);

    retry(&fixture).await;
    assert_eq!(sent(&fixture, SET), 2);
    fixture.assert_statuses_equal_erp().await;
    fixture.assert_in_sync().await;
    assert_eq!(fixture.mark(), 3, "each position was told once");
}

#[tokio::test]
async fn a_status_that_the_shop_or_the_map_does_not_have_is_held_and_the_others_go() {
    let fixture = Setup::new().start().await;
    fixture.positions(3);
    fixture.sync_done(&[Job::Orders]).await;
    let removed = {
        let statuses = &mut fixture.sim.world().saplab.statuses;
        let place = statuses.iter().position(|status| status.id == 3).unwrap();
        statuses.remove(place)
    };
    fixture
        .sql(
            "UPDATE erp.orders SET status = (ARRAY['received', 'no such word', 'issued'])[saplab_id];
             UPDATE erp.orders SET status = status WHERE saplab_id = 1",
        )
        .await;
    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(fixture.told_since(0), ["saplab.panel.order.set_status 3 = 4"]);
    let held = fixture
        .value("SELECT string_agg(saplab_id || ': ' || held, '; ' ORDER BY saplab_id) FROM diff.order_status")
        .await;
    let wanted = "1: Saplab has no status «3»; 2: ERP status «no such word» is not in [saplab.status_map]";
    assert_eq!(held.as_deref(), Some(wanted));

    fixture.sim.world().saplab.statuses.push(removed);
    fixture
        .sql("UPDATE erp.orders SET status = 'new' WHERE saplab_id = 2")
        .await;
    fixture.sync_done(&[Job::Orders]).await;
    fixture.assert_statuses_equal_erp().await;
    fixture.assert_in_sync().await;
    assert_eq!(fixture.mark(), 2);
}
