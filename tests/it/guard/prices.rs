//! What comes into `erp.supplier_prices`: a list that says something too large to be true is taken into the mirror, and no
//! further.

use sverka::hold::decide;
use sverka::job::Job;
use sverka::simulate::PriceList;

use crate::support::{Fixture, Setup};

const HEADER: &str = "Производитель;Артикул;Наименование;Цена;Количество\r\n";

/// Rows from `from` to `to`, each at so much and with so many pieces.
fn rows(from: usize, to: usize, price: usize, pieces: &str) -> String {
    let row = |n| format!("BOSCH;A{n:03};Лампа;{price}.00;{pieces}\r\n");
    (from..=to).map(row).collect()
}

fn publish(fixture: &Fixture, rows: &[String]) {
    let list = PriceList::text(&format!("{HEADER}{}", rows.concat()));
    fixture.sim.world().carreta.price_lists.insert("main".into(), list);
}

/// A hundred rows at 100.00, five pieces each, are in the ERP.
async fn listed(setup: Setup) -> Fixture {
    let fixture = setup.price_list("main").start().await;
    publish(&fixture, &[rows(1, 100, 100, "5")]);
    fixture.run_done(Job::Prices).await;
    fixture.assert_in_sync().await;
    fixture
}

/// Everything that the ERP has of prices, as one value.
async fn prices(fixture: &Fixture) -> Option<String> {
    fixture
        .value("SELECT count(*) || md5(string_agg(p::text, '' ORDER BY article)) FROM erp.supplier_prices p")
        .await
}

async fn in_erp(fixture: &Fixture, condition: &str) -> i64 {
    fixture.count(&format!("erp.supplier_prices WHERE {condition}")).await
}

/// The list is held for that reason; the ERP keeps what it had; the mirror has the list.
async fn held(fixture: &Fixture, rows: &[String], kind: &str, count: i64, words: &str) {
    let before = prices(fixture).await;
    publish(fixture, rows);
    let run = fixture.run_done(Job::Prices).await;
    assert!(run.note.unwrap().starts_with(&format!("held: {count} rows")));
    let hold = fixture.hold().await;
    assert_eq!(
        (
            hold.upstream.as_str(),
            hold.scope.as_str(),
            hold.kind.as_str(),
            hold.rows,
            hold.of
        ),
        ("carreta", "main", kind, count, 100)
    );
    assert!(hold.why.contains(words), "{}", hold.why);
    assert_eq!(prices(fixture).await, before);
    let free = fixture.count("diff.supplier_price WHERE held IS NULL").await;
    let all = fixture.count("diff.supplier_price").await;
    assert_eq!(free, 0, "the whole list waits");
    assert!(all >= count);
}

#[tokio::test]
async fn a_list_that_drops_too_many_rows_is_held_until_a_good_one_comes() {
    let fixture = listed(Setup::new()).await;
    let short = [rows(41, 100, 100, "5"), rows(101, 103, 7, "1")];
    held(
        &fixture,
        &short,
        "delete",
        40,
        "40 would be deleted, guard.max_delete_share and max_rows allow 30",
    )
    .await;
    assert_eq!(fixture.count("mirror.price").await, 63, "it is what the supplier said");
    publish(&fixture, &[rows(1, 103, 100, "5")]);
    let run = fixture.run_done(Job::Prices).await;
    assert_eq!(run.note, None);
    assert_eq!((fixture.holds().await.len(), in_erp(&fixture, "true").await), (0, 103));
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn a_list_that_empties_too_much_stock_is_held_and_released_by_a_person() {
    let fixture = listed(Setup::new()).await;
    let emptied = [rows(1, 40, 100, "0"), rows(41, 100, 101, "5")];
    held(&fixture, &emptied, "zero", 40, "40 would have a stock of 0").await;
    let hold = fixture.hold().await;
    assert_eq!(fixture.held_rows(hold.id).await[0], "main/A001 5 -> 0");
    decide::release(&fixture.pool, hold.id, "a test").await.unwrap();
    fixture.run_done(Job::Prices).await;
    assert_eq!(in_erp(&fixture, "quantity = 0").await, 40);
    assert_eq!(
        in_erp(&fixture, "price = 101").await,
        60,
        "and the rest, which nothing holds any more"
    );
    fixture.assert_in_sync().await;

    // Once: the same rows come back and are emptied again.
    publish(&fixture, &[rows(1, 100, 100, "5")]);
    fixture.run_done(Job::Prices).await;
    held(&fixture, &emptied, "zero", 40, "40 would have a stock of 0").await;
}

#[tokio::test]
async fn a_list_that_moves_too_many_prices_is_held_and_small_moves_are_not_counted() {
    let fixture = listed(Setup::new()).await;
    // A fifth more is not counted, there and back.
    publish(&fixture, &[rows(1, 50, 120, "5"), rows(51, 100, 84, "5")]);
    fixture.run_done(Job::Prices).await;
    assert_eq!(in_erp(&fixture, "price = 120").await, 50);
    publish(&fixture, &[rows(1, 100, 100, "5")]);
    fixture.run_done(Job::Prices).await;
    let dearer = [rows(1, 20, 121, "5"), rows(21, 40, 10, "5"), rows(41, 100, 100, "5")];
    held(
        &fixture,
        &dearer,
        "reprice",
        40,
        "the price of 40 would move by more than 20 %",
    )
    .await;
}

#[tokio::test]
async fn a_release_covers_the_prices_that_were_shown_and_no_others() {
    let fixture = listed(Setup::new()).await;
    held(
        &fixture,
        &[rows(1, 40, 200, "5"), rows(41, 100, 100, "5")],
        "reprice",
        40,
        "40",
    )
    .await;
    decide::release(&fixture.pool, fixture.hold().await.id, "a test")
        .await
        .unwrap();
    // Before the next run the supplier says something else again of 35 of them.
    publish(
        &fixture,
        &[rows(1, 5, 200, "5"), rows(6, 40, 900, "5"), rows(41, 100, 100, "5")],
    );
    fixture.run_done(Job::Prices).await;
    assert_eq!(
        (
            in_erp(&fixture, "price = 200").await,
            in_erp(&fixture, "price = 900").await
        ),
        (5, 0)
    );
    assert_eq!(fixture.hold().await.rows, 35);
}

#[tokio::test]
async fn a_list_that_a_person_refused_waits_for_another_one() {
    let fixture = listed(Setup::new()).await;
    let short = [rows(41, 100, 100, "5")];
    held(&fixture, &short, "delete", 40, "40 would be deleted").await;
    let hold = fixture.hold().await.id;
    decide::refuse(&fixture.pool, hold, "a test").await.unwrap();
    fixture.run_done(Job::Prices).await;
    assert_eq!(
        (fixture.hold().await.id, fixture.hold().await.state),
        (hold, "refused".into())
    );
    assert_eq!(in_erp(&fixture, "true").await, 100);
    publish(&fixture, &[rows(1, 100, 100, "6")]);
    fixture.run_done(Job::Prices).await;
    assert_eq!(
        (fixture.holds().await.len(), in_erp(&fixture, "quantity = 6").await),
        (0, 100)
    );
}

#[tokio::test]
async fn unknown_stock_new_rows_and_few_rows_are_never_held() {
    let fixture = listed(Setup::new().set("guard.max_rows", 1)).await;
    // All become unknown, three times as many are new.
    publish(&fixture, &[rows(1, 100, 100, "Есть"), rows(101, 400, 1, "0")]);
    fixture.run_done(Job::Prices).await;
    assert_eq!(in_erp(&fixture, "quantity IS NULL").await, 100);
    // Ten are few, whatever the number says.
    publish(&fixture, &[rows(11, 100, 100, "Есть"), rows(101, 400, 1, "0")]);
    fixture.run_done(Job::Prices).await;
    assert_eq!(in_erp(&fixture, "true").await, 390);
    assert_eq!(fixture.count("queue.hold").await, 0);
    // Eleven are not.
    publish(&fixture, &[rows(22, 100, 100, "Есть"), rows(101, 400, 1, "0")]);
    fixture.run_done(Job::Prices).await;
    assert!(fixture.hold().await.why.contains("max_rows allow 1"));
}
