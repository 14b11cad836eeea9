//! Warehouses and remains to KEAZ: everything once, then only what differs.

use sverka::job::Job;

use crate::support::{Fixture, Setup};

const KEAZ: [Job; 2] = [Job::Warehouses, Job::Stock];

#[tokio::test]
async fn the_first_sync_publishes_everything_and_the_second_sends_nothing() {
    let fixture = Setup::new().set("keaz.batch_rows", 50).start().await;
    fixture.fill(3, 120).await;
    fixture.sync_done(&KEAZ).await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_in_sync().await;
    assert_eq!(fixture.mark(), 3 + 3 * 120, "each warehouse and each remain once");

    fixture.sim.forget_requests();
    let mark = fixture.mark();
    let runs = fixture.sync_done(&KEAZ).await;
    assert_eq!(fixture.told_since(mark), [""; 0]);
    assert!(runs.iter().all(|run| run.rows_pushed == 0), "{runs:?}");
    let asked: Vec<_> = fixture.sim.counts().into_keys().collect();
    assert_eq!(
        asked,
        ["keaz.remains.list", "keaz.warehouses.list"],
        "only reads were sent"
    );
}

#[tokio::test]
async fn seven_stock_rows_three_statuses_and_an_address_make_exactly_eleven_effects() {
    let fixture = Setup::new().start().await;
    fixture.fill(2, 100).await;
    fixture.positions(20);
    let all = [Job::Warehouses, Job::Stock, Job::Orders];
    fixture.sync_done(&all).await;
    let mark = fixture.mark();
    fixture
        .sql(
            "UPDATE erp.stock SET quantity = 1000 + right(article, 1)::int
              WHERE warehouse_code = 'W2' AND article BETWEEN 'ART-00011' AND 'ART-00017';
             UPDATE erp.orders SET status = 'issued' WHERE saplab_id IN (3, 5, 8);
             UPDATE erp.warehouses SET address = 'г. Уфа, ул. Новая, 1' WHERE code = 'W1';",
        )
        .await;
    fixture.sync_done(&all).await;
    let mut wanted: Vec<_> = (1..=7)
        .map(|n| format!("keaz.remains.update W2/ART-0001{n} = {}", 1000 + n))
        .chain([3, 5, 8].map(|id| format!("saplab.panel.order.set_status {id} = 4")))
        .collect();
    let told = fixture.told_since(mark);
    let (addresses, others): (Vec<_>, Vec<_>) = told.into_iter().partition(|one| one.contains("warehouses"));
    wanted.sort();
    assert_eq!(others, wanted);
    assert_eq!(addresses.len(), 1, "{addresses:?}");
    assert!(addresses[0].starts_with("keaz.warehouses.update W1") && addresses[0].contains("ул. Новая, 1"));
    fixture.assert_in_sync().await;

    let mark = fixture.mark();
    fixture.sync_done(&all).await;
    assert_eq!(fixture.told_since(mark), [""; 0]);
}

/// Articles and codes that an encoder could spoil.
const ODD: [&str; 14] = [
    "0007",
    "A&B",
    "<b>1</b>",
    "\"quoted\" 'too'",
    "Артикул №5",
    "with two  spaces",
    "1+1=2",
    "50%25",
    "a;b,c",
    "back\\slash",
    ".",
    "..",
    "a/b?c#d",
    "]]>",
];

async fn every_format_ends_alike(format: &str) {
    let fixture = Setup::new()
        .set("keaz.format", format)
        .set("keaz.batch_rows", 7)
        .start()
        .await;
    fixture.fill(1, 5).await;
    fixture
        .warehouse(
            "007",
            "г. Уфа, \"Склад\" <1> & 'K°'",
            "+7 (900) 000-00-00; a@example.com",
        )
        .await;
    fixture.warehouse("Склад & Ко <2>", "ул. 1+1=2; 100%", "").await;
    for warehouse in ["007", "Склад & Ко <2>"] {
        for (quantity, article) in (3..).zip(ODD) {
            fixture
                .stock(warehouse, "KEAZ", article, Some(&quantity.to_string()))
                .await;
        }
    }
    fixture.sync_done(&KEAZ).await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_in_sync().await;
    assert_eq!(fixture.remains()["007/0007"], 3);
    assert_eq!(fixture.remains()["Склад & Ко <2>/A&B"], 4);

    let mark = fixture.mark();
    fixture
        .sql("UPDATE erp.stock SET quantity = 0 WHERE article IN ('..', '<b>1</b>')")
        .await;
    fixture
        .sql("UPDATE erp.warehouses SET contacts = '<&>' WHERE code = '007'")
        .await;
    fixture.sync_done(&KEAZ).await;
    assert_eq!(fixture.effects_since(mark).len(), 5);
    fixture.assert_keaz_equals_erp().await;
    let mark = fixture.mark();
    fixture.sync_done(&KEAZ).await;
    assert_eq!(fixture.told_since(mark), [""; 0]);
}

#[tokio::test]
async fn odd_characters_reach_keaz_as_they_are_in_json() {
    every_format_ends_alike("json").await;
}

#[tokio::test]
async fn odd_characters_reach_keaz_as_they_are_in_xml() {
    every_format_ends_alike("xml").await;
}

#[tokio::test]
async fn odd_characters_reach_keaz_as_they_are_in_forms() {
    every_format_ends_alike("form").await;
}

async fn published_then_gone(on_missing: &str) -> Fixture {
    let fixture = Setup::new().set("keaz.on_missing", on_missing).start().await;
    fixture.fill(1, 4).await;
    fixture.sync_done(&KEAZ).await;
    fixture.sql("DELETE FROM erp.stock WHERE article = 'ART-00002'").await;
    fixture
}

#[tokio::test]
async fn a_row_that_has_gone_is_published_as_0() {
    let fixture = published_then_gone("zero").await;
    let mark = fixture.mark();
    fixture.sync_done(&KEAZ).await;
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/ART-00002 = 0"]);
    fixture.assert_in_sync().await;
    fixture.sync_done(&KEAZ).await;
    assert_eq!(fixture.effects_since(mark).len(), 1);
}

#[tokio::test]
async fn a_row_that_has_gone_is_deleted_where_that_is_wanted() {
    let fixture = published_then_gone("delete").await;
    let mark = fixture.mark();
    fixture.sync_done(&KEAZ).await;
    assert_eq!(fixture.told_since(mark), ["keaz.remains.delete W1/ART-00002 = null"]);
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn a_row_that_has_gone_is_left_alone_where_that_is_wanted() {
    let fixture = published_then_gone("keep").await;
    let before = fixture.remains();
    let mark = fixture.mark();
    fixture.sync_done(&KEAZ).await;
    assert_eq!(fixture.told_since(mark), [""; 0]);
    assert_eq!(fixture.remains(), before);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn what_keaz_acknowledged_counts_where_it_does_not_list_its_remains() {
    let setup = Setup::new().simulator(|options| options.keaz_answers_remains_list = false);
    let fixture = setup.start().await;
    fixture.fill(2, 40).await;
    fixture.sync_done(&KEAZ).await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_in_sync().await;
    let mark = fixture.mark();
    fixture.sync_done(&KEAZ).await;
    assert_eq!(fixture.told_since(mark), [""; 0]);

    fixture
        .sql("UPDATE erp.stock SET quantity = 77 WHERE warehouse_code = 'W1' AND article = 'ART-00009'")
        .await;
    fixture.sync_done(&KEAZ).await;
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/ART-00009 = 77"]);
    assert_eq!(fixture.count("mirror.keaz_remain").await, 80);
}

#[tokio::test]
async fn what_somebody_changed_at_keaz_is_repaired_by_the_next_sync() {
    let fixture = Setup::new().start().await;
    fixture.fill(2, 40).await;
    fixture.sync_done(&KEAZ).await;
    {
        let mut world = fixture.sim.world();
        let remain = |article: &str| ("W1".to_owned(), article.to_owned());
        world.keaz.remains.insert(remain("ART-00001"), 999);
        world.keaz.remains.remove(&remain("ART-00002"));
        world.keaz.remains.insert(remain("NOT-OURS"), 3);
        world.keaz.warehouses.get_mut("W2").unwrap().address = "another".to_owned();
    }
    let mark = fixture.mark();
    fixture.sync_done(&KEAZ).await;
    assert_eq!(fixture.effects_since(mark).len(), 4, "{:?}", fixture.told_since(mark));
    assert_eq!(fixture.remains()["W1/NOT-OURS"], 0);
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn a_warehouse_that_only_keaz_has_is_left_alone() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 2).await;
    {
        let theirs = sverka::simulate::world::Warehouse {
            id: 900,
            code: "THEIRS".to_owned(),
            address: "elsewhere".to_owned(),
            ..Default::default()
        };
        fixture.sim.world().keaz.warehouses.insert("THEIRS".to_owned(), theirs);
    }
    fixture.sync_done(&KEAZ).await;
    assert_eq!(fixture.sim.world().keaz.warehouses["THEIRS"].address, "elsewhere");
    fixture.assert_in_sync().await;
}
