//! Spot prices: what the suppliers' searches find of the articles that the ERP watches, and of nothing else.

use rust_decimal::Decimal;
use sverka::job::Job;
use sverka::simulate::world::{Offer, Part};
use sverka::simulate::{Action, PriceList, Rule, Upstream};

use crate::support::{Fixture, Setup};

fn offer(source: &str, maker: &str, code: &str, price: i64, qty: &str) -> Offer {
    Offer {
        code: code.into(),
        maker: maker.into(),
        name: "Фильтр масляный".into(),
        price: Decimal::new(price, 2),
        period_min: 2,
        period_max: 7,
        min_qty: 1,
        qty: qty.into(),
        source: source.into(),
        ..Offer::default()
    }
}

/// Carreta with these offers, and an ERP that watches these articles.
async fn watching(setup: Setup, articles: &[(&str, &str)], offers: Vec<Offer>) -> Fixture {
    let fixture = setup.start().await;
    fixture.sim.world().carreta.offers = offers;
    for (brand, article) in articles {
        fixture
            .sql(&format!(
                "INSERT INTO erp.watched_articles (brand, article) VALUES ('{brand}', '{article}')"
            ))
            .await;
    }
    fixture
}

async fn sync(fixture: &Fixture) {
    fixture.sync_done(&[Job::Prices]).await;
    fixture.assert_in_sync().await;
}

/// `supplier/source/brand/article price quantity text`, an unknown quantity as `?`.
async fn rows(fixture: &Fixture) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT concat(supplier, '/', source, '/', brand, '/', article, ' ', price, ' ', coalesce(quantity::text, '?'), ' ',
                       quantity_text)
           FROM erp.supplier_prices ORDER BY supplier, source, brand, article",
    )
    .fetch_all(&fixture.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn what_a_search_finds_of_a_watched_article_is_in_the_erp_and_nothing_else() {
    let cross = Offer {
        cross_of: Some("OC47".into()),
        ..offer("50", "MANN", "W712", 100, "5")
    };
    let offers = vec![
        offer("50", "Knecht/Mahle", "oc47", 15_202, "500"),
        offer("51", "Knecht/Mahle", "oc47", 14_000, "<5"),
        offer("51", "Knecht/Mahle", "oc47", 13_900, "Есть"),
        offer("50", "MANN", "OC47", 1, "500"),
        cross,
    ];
    let watched = [("KNECHT/MAHLE", "OC47 "), ("BOSCH", "OC47"), ("UFI", "100")];
    let fixture = watching(Setup::new(), &watched, offers).await;
    sync(&fixture).await;
    assert_eq!(
        rows(&fixture).await,
        [
            "carreta/50/Knecht/Mahle/oc47 152.02 500 500",
            "carreta/51/Knecht/Mahle/oc47 139.00 ? Есть"
        ]
    );
    assert_eq!(
        fixture.sim.requests().len(),
        2,
        "each article once, whatever the brands"
    );
}

#[tokio::test]
async fn only_what_changed_is_written_and_what_is_not_offered_any_more_is_deleted() {
    let offers = vec![
        offer("50", "UFI", "100", 1000, "1"),
        offer("51", "UFI", "100", 1100, "2"),
        offer("52", "UFI", "100", 1200, "3"),
    ];
    let fixture = watching(Setup::new(), &[("UFI", "100")], offers).await;
    sync(&fixture).await;
    fixture
        .sql(
            "UPDATE erp.supplier_prices SET updated_at = '2001-01-01';
             INSERT INTO erp.supplier_prices (supplier, source, brand, article, price) VALUES
                ('other', '53', 'UFI', '100', 1), ('carreta', '53', 'UFI', '200', 1), ('carreta', '53', 'BOSCH', '100', 1)",
        )
        .await;
    {
        let mut world = fixture.sim.world();
        world.carreta.offers.remove(2);
        world.carreta.offers[1].price = Decimal::new(1050, 2);
    }
    sync(&fixture).await;
    assert_eq!(
        rows(&fixture).await,
        [
            "carreta/50/UFI/100 10.00 1 1",
            "carreta/51/UFI/100 10.50 2 2",
            "carreta/53/BOSCH/100 1 ? ",
            "carreta/53/UFI/200 1 ? ",
            "other/53/UFI/100 1 ? ",
        ]
    );
    let touched = "erp.supplier_prices WHERE updated_at > '2001-01-02'";
    assert_eq!(fixture.count(touched).await, 1);

    fixture.sim.world().carreta.offers.clear();
    sync(&fixture).await;
    assert_eq!(
        fixture
            .count("erp.supplier_prices WHERE article = '100' AND brand = 'UFI'")
            .await,
        1,
        "the other supplier's"
    );
}

#[tokio::test]
async fn an_offer_that_cannot_be_read_is_not_one_that_is_gone() {
    let fixture = watching(
        Setup::new(),
        &[("UFI", "100")],
        vec![offer("50", "UFI", "100", 1000, "1")],
    )
    .await;
    sync(&fixture).await;
    let unreadable = Action::Status {
        code: 200,
        headers: vec![("Content-Type".into(), "application/json".into())],
        body: r#"{"objects":[{"code":"100","maker":"UFI","price":"?","source":"50","qty":"1"}]}"#.into(),
    };
    fixture
        .sim
        .inject(Rule::once(Upstream::Carreta, "carreta.search", unreadable));
    let runs = fixture.sync(&[Job::Prices]).await;
    assert_eq!(runs[0].rows_refused, 1, "{runs:?}");
    assert_eq!(rows(&fixture).await, ["carreta/50/UFI/100 10.00 1 1"]);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn prices_that_were_not_searched_for_a_day_are_left_as_they_are() {
    let offers = vec![
        offer("50", "UFI", "100", 1000, "1"),
        offer("50", "UFI", "200", 2000, "1"),
    ];
    let fixture = watching(Setup::new(), &[("UFI", "100"), ("UFI", "200")], offers).await;
    sync(&fixture).await;
    fixture
        .sql(
            "UPDATE mirror.search SET searched_at = now() - interval '25 hours' WHERE searched = '100';
             UPDATE mirror.offer SET seen_at = now() - interval '25 hours' WHERE searched = '100'",
        )
        .await;
    fixture
        .answer("carreta.parts.search", serde_json::json!({ "q": "200" }))
        .await;
    assert_eq!(
        fixture.count("mirror.offer WHERE searched = '100'").await,
        0,
        "forgotten"
    );
    assert_eq!(fixture.count("erp.supplier_prices").await, 2);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn a_price_list_keeps_its_rows_whatever_a_search_finds() {
    let offers = vec![
        offer("main", "UFI", "100", 1, "9"),
        offer("50", "UFI", "100", 1000, "1"),
    ];
    let fixture = watching(Setup::new().price_list("main"), &[("UFI", "100")], offers).await;
    let list = "Производитель;Артикул;Наименование;Цена;Количество;Кратность;Срок мин;Срок макс\r\n\
                UFI;100;Фильтр;12,00;4;1;1;3\r\nUFI;300;Фильтр;13,00;4;1;1;3\r\n";
    fixture
        .sim
        .world()
        .carreta
        .price_lists
        .insert("main".into(), PriceList::text(list));
    for _ in 0..2 {
        fixture.sync_done(&[Job::Prices]).await;
    }
    fixture.assert_in_sync().await;
    assert_eq!(
        rows(&fixture).await,
        [
            "carreta/50/UFI/100 10.00 1 1",
            "carreta/main/UFI/100 12.00 4 4",
            "carreta/main/UFI/300 13.00 4 4"
        ]
    );
}

#[tokio::test]
async fn saplabs_client_api_is_searched_by_article_and_brand() {
    let fixture = watching(
        Setup::new().client_api(),
        &[("MEAT&DORIA;", "9054"), ("MEAT", "9054")],
        Vec::new(),
    )
    .await;
    let part = |brand: &str, stock, price| Part {
        article: "9054".into(),
        brand: brand.into(),
        name: "Преобразователь давления".into(),
        stock,
        multiplicity: 1,
        days: 3,
        price: Decimal::new(price, 2),
        replaces: None,
    };
    fixture.sim.world().saplab.parts = vec![
        part("MEAT&DORIA;", 7, 218_750),
        part("MEAT&DORIA;", 3, 300_000),
        part("MEAT", -1, 100),
        part("UFI", 1, 1),
    ];
    sync(&fixture).await;
    assert_eq!(
        rows(&fixture).await,
        ["saplab//MEAT/9054 1 ? ", "saplab//MEAT&DORIA;/9054 2187.5 7 7"]
    );
}

#[tokio::test]
async fn a_search_for_a_purchase_writes_a_watched_price_and_no_other() {
    let offers = vec![
        offer("50", "UFI", "100", 1000, "1"),
        offer("50", "UFI", "200", 2000, "1"),
    ];
    let fixture = watching(Setup::new(), &[("UFI", "100")], offers).await;
    for article in ["100", "200"] {
        fixture
            .answer("carreta.parts.search", serde_json::json!({ "q": article }))
            .await;
    }
    assert_eq!(rows(&fixture).await, ["carreta/50/UFI/100 10.00 1 1"]);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn the_plan_shows_prices_that_would_be_written() {
    let fixture = watching(
        Setup::new(),
        &[("UFI", "100")],
        vec![offer("50", "UFI", "100", 1000, "1")],
    )
    .await;
    sync(&fixture).await;
    fixture.sql("UPDATE erp.supplier_prices SET price = 1").await;
    let changes = sverka::diff::plan::changes(&fixture.pool, &[Job::Prices], 10)
        .await
        .unwrap();
    let [change] = changes.as_slice() else {
        panic!("{changes:?}");
    };
    assert_eq!(
        (
            change.action.as_str(),
            change.row.as_str(),
            change.old.as_deref(),
            change.new.as_deref()
        ),
        ("update", "carreta/50/UFI/100", Some("1"), Some("10.00"))
    );
    sync(&fixture).await;
}

#[tokio::test]
async fn a_purchase_does_not_wait_behind_the_searches_of_watched_articles() {
    let fixture = watching(
        Setup::new(),
        &[("UFI", "100")],
        vec![offer("50", "UFI", "100", 1000, "1")],
    )
    .await;
    fixture
        .sql("INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity) VALUES (1, 'carreta', 'UFI', '100', 1)")
        .await;
    fixture.request(&[Job::Prices, Job::Purchases]).await;
    let priorities = fixture
        .value("SELECT jsonb_agg(priority ORDER BY id) FROM queue.call WHERE operation = 'carreta.parts.search'")
        .await;
    assert_eq!(priorities.as_deref(), Some("[3, 1]"));
    fixture.sync_done(&[Job::Prices, Job::Purchases]).await;
    let status = fixture.value("SELECT to_jsonb(status) FROM erp.purchase_orders").await;
    assert_eq!(status.as_deref(), Some("\"placed\""));
    fixture.assert_in_sync().await;
}
