//! Lists that are too strange to be true are refused whole: the last good one stays in force, nothing is written.

use sverka::job::Job;
use sverka::queue::look;
use sverka::simulate::PriceList;

use crate::support::{Fixture, Setup};

/// Syncs and expects a refusal whose reason holds these words.
async fn refused(fixture: &Fixture, job: Job, words: &str) {
    let mark = fixture.mark();
    let runs = fixture.sync(&[job]).await;
    assert_eq!(runs[0].outcome.as_deref(), Some("partial"), "{runs:?}");
    let dead = look::calls(&fixture.pool, Some("dead"), 1).await.unwrap();
    let reason = dead[0].reason.as_deref().unwrap_or_default();
    assert!(reason.contains("refused whole") && reason.contains(words), "{reason}");
    assert_eq!(
        fixture.told_since(mark),
        [""; 0],
        "nothing is written on the strength of such a list"
    );
}

#[tokio::test]
async fn an_empty_or_much_shorter_list_of_remains_is_refused_whole() {
    let fixture = Setup::new().start().await;
    fixture.fill(2, 60).await;
    fixture.sync_done(&[Job::Stock]).await;
    let all = fixture.sim.world().keaz.remains.clone();
    for left in [0, 1, 59] {
        fixture.sim.world().keaz.remains = all.clone().into_iter().take(left).collect();
        refused(
            &fixture,
            Job::Stock,
            &format!("{left} rows where the last good one had 120"),
        )
        .await;
        assert_eq!(fixture.count("mirror.keaz_remain").await, 120);
    }
    fixture.sim.world().keaz.remains = all.into_iter().take(60).collect();
    fixture.sync_done(&[Job::Stock]).await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn an_empty_or_much_shorter_list_of_warehouses_is_refused_whole() {
    let fixture = Setup::new().start().await;
    fixture.fill(12, 1).await;
    fixture.sync_done(&[Job::Warehouses]).await;
    let all = fixture.sim.world().keaz.warehouses.clone();
    for left in [0, 5] {
        fixture.sim.world().keaz.warehouses = all.clone().into_iter().take(left).collect();
        refused(
            &fixture,
            Job::Warehouses,
            &format!("{left} rows where the last good one had 12"),
        )
        .await;
        assert_eq!(fixture.count("mirror.keaz_warehouse").await, 12);
    }
    fixture.sim.world().keaz.warehouses = all.into_iter().take(6).collect();
    fixture.sync_done(&[Job::Warehouses]).await;
    assert_eq!(fixture.sim.world().keaz.warehouses.len(), 12);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn a_shop_without_any_status_is_not_believed() {
    let fixture = Setup::new().start().await;
    fixture.positions(2);
    fixture.sync_done(&[Job::Orders]).await;
    let statuses = std::mem::take(&mut fixture.sim.world().saplab.statuses);
    let runs = fixture.sync(&[Job::Orders]).await;
    assert_eq!(runs[0].outcome.as_deref(), Some("partial"));
    assert_eq!(fixture.count("mirror.saplab_status").await, 7);
    fixture.sim.world().saplab.statuses = statuses;
    fixture.sync_done(&[Job::Orders]).await;
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn positions_wait_for_the_statuses_that_a_first_sync_could_not_read() {
    let fixture = Setup::new().start().await;
    fixture.positions(2);
    let statuses = std::mem::take(&mut fixture.sim.world().saplab.statuses);
    let runs = fixture.sync(&[Job::Orders]).await;
    assert_eq!(runs[0].outcome.as_deref(), Some("partial"));
    assert_eq!(fixture.count("erp.orders").await, 0);
    fixture.sim.world().saplab.statuses = statuses;
    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(fixture.count("erp.orders WHERE status = 'new'").await, 2);
}

const HEADER: &str = "Производитель;Артикул;Наименование;Цена;Количество\r\n";

/// A sound list of so many rows.
fn rows(count: usize) -> String {
    let row = |n| format!("BOSCH;A{n:05};Лампа накаливания;{n}.50;{n}\r\n");
    HEADER.to_owned() + &(1..=count).map(row).collect::<String>()
}

/// Everything that the ERP has of prices, as one value.
async fn prices(fixture: &Fixture) -> Option<String> {
    fixture
        .value("SELECT count(*) || md5(string_agg(p::text, '' ORDER BY article)) FROM erp.supplier_prices p")
        .await
}

#[tokio::test]
async fn a_price_list_that_cannot_be_right_is_refused_whole_and_the_erp_keeps_its_prices() {
    let fixture = Setup::new().price_list("main").start().await;
    let publish = |list: PriceList| fixture.sim.world().carreta.price_lists.insert("main".into(), list);
    publish(PriceList::text(&rows(200)));
    fixture.sync_done(&[Job::Prices]).await;
    let before = prices(&fixture).await;
    assert_eq!(fixture.count("erp.supplier_prices").await, 200);

    let good = rows(220);
    let cut = &good[..good.len() - 9];
    let bad_rows = good.replace(".50;", " roubles;");
    let other_columns = good.replace("Цена", "Стоимость доставки");
    for (what, list, words) in [
        ("cut short", PriceList::text(cut), "does not end with a line break"),
        (
            "UTF-8 for cp1251",
            PriceList::bytes(good.clone().into_bytes()),
            "mangled",
        ),
        (
            "without prices",
            PriceList::text(&other_columns),
            "no column for `price`",
        ),
        ("of bad rows", PriceList::text(&bad_rows), "cannot be read"),
        ("of a heading only", PriceList::text(HEADER), "no usable row"),
        ("empty", PriceList::text(""), "empty"),
        (
            "much shorter",
            PriceList::text(&rows(99)),
            "99 rows, the last good one had 200",
        ),
        (
            "a page",
            PriceList::text("<html>\r\n<body>\r\n<p>Вход</p>\r\n</body>\r\n"),
            "",
        ),
    ] {
        publish(list);
        refused(&fixture, Job::Prices, words).await;
        assert_eq!(prices(&fixture).await, before, "after a list {what}");
        fixture.assert_in_sync().await;
    }

    publish(PriceList::text(&good));
    fixture.sync_done(&[Job::Prices]).await;
    assert_eq!(
        fixture.count("erp.supplier_prices").await,
        220,
        "a refused list leaves no validators behind"
    );
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn a_first_price_list_that_cannot_be_right_writes_nothing() {
    let fixture = Setup::new().price_list("main").start().await;
    let cut = rows(100);
    let cut = PriceList::text(&cut[..cut.len() - 9]);
    fixture.sim.world().carreta.price_lists.insert("main".into(), cut);
    refused(&fixture, Job::Prices, "does not end with a line break").await;
    assert_eq!(fixture.count("erp.supplier_prices").await, 0);
    assert_eq!(fixture.count("mirror.price").await, 0);
}

#[tokio::test]
async fn one_bad_row_of_a_price_list_does_not_stop_the_others() {
    let fixture = Setup::new().price_list("main").start().await;
    let list = rows(50) + "BOSCH;;Лампа;1;1\r\nBOSCH;A9;Лампа;бесплатно;1\r\n";
    fixture
        .sim
        .world()
        .carreta
        .price_lists
        .insert("main".into(), PriceList::text(&list));
    let runs = fixture.sync(&[Job::Prices]).await;
    assert_eq!((runs[0].rows_pulled, runs[0].rows_refused), (50, 2), "{runs:?}");
    assert_eq!(fixture.count("erp.supplier_prices").await, 50);
}
