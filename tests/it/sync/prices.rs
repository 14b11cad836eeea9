//! Price lists: taken in whole, then only what changed, with nothing made up.

use sverka::job::Job;
use sverka::simulate::PriceList;

use crate::support::{Fixture, Setup};

const HEADER: &str = "Производитель;Артикул;Наименование;Цена;Количество;Кратность;Срок мин;Срок макс\r\n";

async fn with_list(list: PriceList) -> Fixture {
    let fixture = Setup::new().price_list("main").start().await;
    publish(&fixture, list);
    fixture.sync_done(&[Job::Prices]).await;
    fixture
}

fn publish(fixture: &Fixture, list: PriceList) {
    fixture.sim.world().carreta.price_lists.insert("main".into(), list);
}

fn text(rows: &str) -> PriceList {
    PriceList::text(&format!("{HEADER}{rows}"))
}

/// Rows as `article|price|quantity|text`, an unknown quantity as `?`.
async fn rows(fixture: &Fixture) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT concat_ws('|', article, price, coalesce(quantity::text, '?'), quantity_text)
           FROM erp.supplier_prices WHERE supplier = 'carreta' AND source = 'main' ORDER BY article",
    )
    .fetch_all(&fixture.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_list_is_taken_in_whole_and_an_unchanged_one_is_not_sent_again() {
    let fixture = with_list(PriceList::generated(5, 3000)).await;
    assert_eq!(fixture.count("erp.supplier_prices").await, 3000);
    fixture.assert_in_sync().await;
    let written = fixture.value("SELECT max(updated_at) FROM erp.supplier_prices").await;

    fixture.sim.forget_requests();
    fixture.sync_done(&[Job::Prices]).await;
    let seen = fixture.sim.requests();
    let answers: Vec<_> = seen.iter().map(|seen| (seen.operation.as_str(), seen.status)).collect();
    assert_eq!(answers, [("carreta.price_list", Some(304))]);
    assert_eq!(
        fixture.value("SELECT max(updated_at) FROM erp.supplier_prices").await,
        written
    );
    assert_eq!(fixture.count("erp.supplier_prices").await, 3000);
}

#[tokio::test]
async fn the_same_list_under_another_date_is_not_read_again_and_is_asked_for_by_its_new_mark() {
    let list = PriceList::generated(5, 300);
    let fixture = with_list(list.clone()).await;
    // What is read again would be mended.
    fixture
        .sql("UPDATE mirror.price SET name = 'as it was'; UPDATE erp.supplier_prices SET name = 'as it was'")
        .await;
    publish(&fixture, list.clone().tagged("of today"));
    fixture.sim.forget_requests();
    for _ in 0..2 {
        fixture.sync_done(&[Job::Prices]).await;
        let said = fixture
            .value("SELECT words FROM queue.attempt ORDER BY call_id DESC LIMIT 1")
            .await;
        assert_eq!(said.as_deref(), Some("unchanged since the last time"));
    }
    let seen = fixture.sim.requests();
    let answers: Vec<_> = seen.iter().map(|seen| seen.status).collect();
    assert_eq!(answers, [Some(200), Some(304)]);
    assert_eq!(fixture.count("erp.supplier_prices WHERE name = 'as it was'").await, 300);

    // Another reader, another reading: an upgrade, or other columns.
    fixture
        .sql("UPDATE mirror.snapshot SET digest = 'of another version'")
        .await;
    publish(&fixture, list.tagged("of tomorrow"));
    fixture.sync_done(&[Job::Prices]).await;
    assert_eq!(fixture.count("erp.supplier_prices WHERE name = 'as it was'").await, 0);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn of_a_changed_list_only_the_changed_rows_are_written() {
    let fixture = with_list(PriceList::generated(5, 3000)).await;
    fixture
        .sql("CREATE TABLE before AS SELECT * FROM erp.supplier_prices")
        .await;
    publish(&fixture, PriceList::revised(5, 3000, 1));
    fixture.sync_done(&[Job::Prices]).await;
    let touched = "erp.supplier_prices n JOIN before o USING (supplier, source, brand, article) WHERE n.updated_at <> o.updated_at";
    let dearer = format!("{touched} AND n.price = o.price + 1");
    // Revision 1 changes every 97th row.
    assert_eq!(fixture.count(touched).await, 31);
    assert_eq!(fixture.count(&dearer).await, 31);
    assert_eq!(fixture.count("erp.supplier_prices").await, 3000);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn rows_that_have_left_the_list_leave_the_erp() {
    let fixture = with_list(PriceList::generated(5, 3000)).await;
    fixture.sql("INSERT INTO erp.supplier_prices (supplier, source, brand, article, price) VALUES ('other', 'main', 'B', 'A', 1)").await;
    publish(&fixture, PriceList::generated(5, 2200));
    fixture.sync_done(&[Job::Prices]).await;
    assert_eq!(
        fixture.count("erp.supplier_prices WHERE supplier = 'carreta'").await,
        2200
    );
    assert_eq!(
        fixture.count("erp.supplier_prices WHERE supplier = 'other'").await,
        1,
        "not ours to take away"
    );
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn a_quantity_that_is_no_number_is_unknown_and_its_words_are_kept() {
    let fixture = with_list(text(
        "BOSCH;A1;Лампа;10,50;<10;1;1;3\r\n\
         BOSCH;A2;Лампа;10.5;>50;1;1;3\r\n\
         BOSCH;A3;Лампа;1 234,56;Есть;1;1;3\r\n\
         BOSCH;A4;Лампа;10;;1;1;3\r\n\
         BOSCH;A5;Лампа;10;0;1;1;3\r\n\
         BOSCH;A6;Лампа;10;500;1;1;3\r\n\
         BOSCH;A7;Лампа;10;-1;1;1;3\r\n",
    ))
    .await;
    let wanted = [
        "A1|10.50|?|<10",
        "A2|10.5|?|>50",
        "A3|1234.56|?|Есть",
        "A4|10|?",
        "A5|10|0|0",
        "A6|10|500|500",
        "A7|10|?|-1",
    ];
    let rows: Vec<_> = rows(&fixture)
        .await
        .iter()
        .map(|row| row.trim_end_matches('|').to_owned())
        .collect();
    assert_eq!(rows, wanted);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn of_several_rows_for_one_article_the_cheapest_counts() {
    let fixture = with_list(text(
        "BOSCH;A1;Лампа;12;4;1;1;3\r\n\
         BOSCH;A1;Лампа;10;5;1;1;3\r\n\
         BOSCH;A1;Лампа;10;6;1;1;3\r\n\
         BOSCH;A1;Лампа;11;7;1;1;3\r\n\
         UFI;A1;Лампа;99;8;1;1;3\r\n",
    ))
    .await;
    let of_bosch = fixture
        .value("SELECT concat_ws('|', price, quantity) FROM erp.supplier_prices WHERE brand = 'BOSCH'")
        .await;
    assert_eq!(of_bosch.as_deref(), Some("10|5"), "the first of the cheapest");
    assert_eq!(fixture.count("erp.supplier_prices").await, 2);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn rows_that_somebody_changed_in_the_erp_are_mended_though_the_list_has_not_changed() {
    let fixture = with_list(text("BOSCH;A1;Лампа;10,00;1;1;1;2\r\nBOSCH;A2;Лампа;20,00;2;1;1;2\r\n")).await;
    let before = rows(&fixture).await;
    fixture
        .sql("UPDATE erp.supplier_prices SET price = 1 WHERE article = 'A1'; DELETE FROM erp.supplier_prices WHERE article = 'A2'")
        .await;
    fixture.sync_done(&[Job::Prices]).await;
    assert_eq!(rows(&fixture).await, before);
    fixture.assert_in_sync().await;
}
