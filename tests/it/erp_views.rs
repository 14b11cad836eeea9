//! The ERP contract as views over a company's own tables, with the company's own types: everything works as before.

use sverka::job::Job;
use sverka::simulate::PriceList;

use crate::support::{Fixture, Setup};

const JOBS: [Job; 5] = [Job::Warehouses, Job::Stock, Job::Orders, Job::Prices, Job::Purchases];

/// The company's tables: other names, other types.
const COMPANY: &str = "
    CREATE SCHEMA company;
    CREATE TABLE company.places (kod varchar(20) PRIMARY KEY, title varchar(100), addr varchar(200), phone varchar(100));
    CREATE TABLE company.goods (place varchar(20), maker varchar(60), art varchar(60), qty double precision,
                                booked integer NOT NULL DEFAULT 0, PRIMARY KEY (place, maker, art));
    CREATE TABLE company.rules (n integer PRIMARY KEY, place varchar(20), maker varchar(60), art varchar(60),
                                keep integer, share real, top integer, least integer);
    CREATE TABLE company.positions (n integer PRIMARY KEY, inv varchar(40), client integer, client_title varchar(200),
                                    maker varchar(60), art varchar(60), title varchar(200), qty smallint,
                                    price numeric(12, 2), total numeric(14, 2), state varchar(40), paid bool,
                                    born timestamptz, changed timestamptz);
    CREATE TABLE company.offers (seller varchar(40), list varchar(40), maker varchar(200), art varchar(200),
                                 title varchar(2000), price numeric(14, 4), qty bigint, qty_words varchar(40), step bigint,
                                 fastest smallint, slowest smallint, seen timestamptz,
                                 PRIMARY KEY (seller, list, maker, art));
    CREATE TABLE company.wishes (n integer PRIMARY KEY, seller varchar(20), maker varchar(60), art varchar(60), qty smallint,
                                 most double precision, words varchar(100), state varchar(20), their_id varchar(20),
                                 their_number varchar(20), their_state varchar(40), wrong varchar(1000), born timestamptz,
                                 changed timestamptz);
    INSERT INTO company.wishes SELECT * FROM erp.purchase_orders;
    INSERT INTO company.places SELECT code, name, address, contacts FROM erp.warehouses;
    INSERT INTO company.goods SELECT warehouse_code, brand, article, quantity, reserved FROM erp.stock;
    INSERT INTO company.rules SELECT id, warehouse_code, brand, article, hold_back, percent, cap, minimum FROM erp.publishing_rules;
    INSERT INTO company.positions SELECT * FROM erp.orders;
    INSERT INTO company.offers SELECT * FROM erp.supplier_prices;";

/// `erp.orders` needs triggers; the other four are plain, and PostgreSQL writes through them by itself.
const VIEWS: &str = "
    CREATE VIEW erp.warehouses AS SELECT kod AS code, title AS name, addr AS address, phone AS contacts FROM company.places;
    CREATE VIEW erp.stock AS
        SELECT place AS warehouse_code, maker AS brand, art AS article, qty AS quantity, booked AS reserved FROM company.goods;
    CREATE VIEW erp.publishing_rules AS
        SELECT n AS id, place AS warehouse_code, maker AS brand, art AS article, keep AS hold_back, share AS percent,
               top AS cap, least AS minimum FROM company.rules;
    CREATE VIEW erp.supplier_prices AS
        SELECT seller AS supplier, list AS source, maker AS brand, art AS article, title AS name, price, qty AS quantity,
               qty_words AS quantity_text, step AS min_quantity, fastest AS days_min, slowest AS days_max, seen AS updated_at
          FROM company.offers;
    CREATE VIEW erp.orders AS
        SELECT p.n AS saplab_id, p.inv AS invoice, p.client AS client_id, p.client_title AS client_name, p.maker AS brand,
               p.art AS article, p.title AS name, p.qty AS quantity, p.price, p.total, p.state AS status, p.paid AS is_paid,
               p.born AS created_at, p.changed AS updated_at
          FROM company.positions p WHERE p.n > (SELECT 0);
    CREATE FUNCTION company.write_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO company.positions VALUES (NEW.saplab_id, NEW.invoice, NEW.client_id, NEW.client_name, NEW.brand,
                NEW.article, NEW.name, NEW.quantity, NEW.price, NEW.total, NEW.status, NEW.is_paid, NEW.created_at, NEW.updated_at);
        ELSE
            UPDATE company.positions SET inv = NEW.invoice, client = NEW.client_id, client_title = NEW.client_name,
                maker = NEW.brand, art = NEW.article, title = NEW.name, qty = NEW.quantity, price = NEW.price,
                total = NEW.total, state = NEW.status, paid = NEW.is_paid, born = NEW.created_at, changed = NEW.updated_at
             WHERE n = OLD.saplab_id;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER write_order INSTEAD OF INSERT OR UPDATE ON erp.orders FOR EACH ROW EXECUTE FUNCTION company.write_order();
    CREATE VIEW erp.purchase_orders AS
        SELECT n AS id, seller AS supplier, maker AS brand, art AS article, qty AS quantity, most AS max_price, words AS comment,
               state AS status, their_id AS supplier_order_id, their_number AS supplier_number,
               their_state AS supplier_status, wrong AS error, born AS created_at, changed AS updated_at
          FROM company.wishes;
    CREATE VIEW erp.watched_articles AS SELECT ''::text AS brand, ''::text AS article WHERE false;";

const TABLES: [&str; 7] = [
    "warehouses",
    "stock",
    "publishing_rules",
    "orders",
    "supplier_prices",
    "purchase_orders",
    "watched_articles",
];

async fn filled() -> Fixture {
    let fixture = Setup::new().price_list("main").start().await;
    fixture
        .sim
        .world()
        .carreta
        .price_lists
        .insert("main".into(), PriceList::generated(3, 300));
    fixture.fill(2, 20).await;
    fixture.positions(5);
    fixture
        .sql("INSERT INTO erp.publishing_rules (id, brand, hold_back, percent, cap) VALUES (1, 'NONE', 1, 50, 10)")
        .await;
    fixture
}

/// Drops the tables, and the views of ours that stand on them, and puts the company's views in their place.
async fn replace_by_dropping(fixture: &Fixture) {
    fixture.sql(COMPANY).await;
    for table in TABLES {
        fixture.sql(&format!("DROP TABLE erp.{table} CASCADE")).await;
    }
    fixture.sql(VIEWS).await;
}

/// Puts the tables aside, where the views of ours still read them, and the company's views in their place.
async fn replace_by_renaming(fixture: &Fixture) {
    fixture.sql(COMPANY).await;
    for table in TABLES {
        fixture
            .sql(&format!("ALTER TABLE erp.{table} RENAME TO {table}_of_sverka"))
            .await;
    }
    fixture.sql(VIEWS).await;
}

/// The whole job over the company's tables.
async fn everything_works(fixture: &Fixture) {
    fixture.sync_done(&JOBS).await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_statuses_equal_erp().await;
    fixture.assert_in_sync().await;
    assert_eq!(fixture.count("company.positions WHERE state = 'new'").await, 5);
    assert_eq!(fixture.count("company.offers").await, 300);

    let mark = fixture.mark();
    fixture
        .sql(
            "UPDATE company.goods SET qty = 70.5, booked = 3 WHERE place = 'W1' AND art = 'ART-00004';
             DELETE FROM company.goods WHERE place = 'W2' AND art = 'ART-00002';
             UPDATE company.positions SET state = 'issued' WHERE n = 2;
             UPDATE company.places SET addr = 'г. Уфа' WHERE kod = 'W2';
             INSERT INTO company.wishes (n, seller, maker, art, qty, most) VALUES (1, 'carreta', 'NONE', 'none', 1, 0.5)",
        )
        .await;
    let paid = 4;
    fixture.sim.world().saplab.positions.get_mut(&paid).unwrap().is_payed = true;
    let revised = PriceList::revised(3, 250, 1);
    fixture.sim.world().carreta.price_lists.insert("main".into(), revised);
    fixture.sync_done(&JOBS).await;
    let told = fixture.told_since(mark);
    assert_eq!(told.len(), 4, "{told:#?}");
    assert_eq!(told[0], "keaz.remains.update W1/ART-00004 = 67");
    assert_eq!(told[1], "keaz.remains.update W2/ART-00002 = 0");
    assert!(told[2].starts_with("keaz.warehouses.update W2"));
    assert_eq!(told[3], "saplab.panel.order.set_status 2 = 4");
    assert_eq!(fixture.count("company.positions WHERE paid").await, 1);
    assert_eq!(
        fixture.count("company.positions WHERE state = 'issued'").await,
        1,
        "the status stays the company's"
    );
    assert_eq!(fixture.count("company.offers").await, 250);
    let refused = "company.wishes WHERE state = 'failed' AND wrong = 'no offer of NONE none'";
    assert_eq!(fixture.count(refused).await, 1);
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_in_sync().await;

    let mark = fixture.mark();
    fixture.sync_done(&JOBS).await;
    assert_eq!(fixture.told_since(mark), [""; 0]);
}

#[tokio::test]
async fn tables_dropped_for_views_before_the_first_sync_change_nothing() {
    let fixture = filled().await;
    replace_by_dropping(&fixture).await;
    everything_works(&fixture).await;
}

#[tokio::test]
async fn tables_renamed_for_views_before_the_first_sync_change_nothing() {
    let fixture = filled().await;
    replace_by_renaming(&fixture).await;
    everything_works(&fixture).await;
}

#[tokio::test]
async fn tables_dropped_for_views_after_the_first_sync_send_nothing_again() {
    let fixture = filled().await;
    fixture.sync_done(&JOBS).await;
    replace_by_dropping(&fixture).await;
    let mark = fixture.mark();
    fixture.sync_done(&JOBS).await;
    assert_eq!(fixture.told_since(mark), [""; 0]);
    everything_works(&fixture).await;
}

#[tokio::test]
async fn tables_renamed_for_views_after_the_first_sync_are_not_read_any_more() {
    let fixture = filled().await;
    fixture.sync_done(&JOBS).await;
    replace_by_renaming(&fixture).await;
    let mark = fixture.mark();
    fixture.sql("UPDATE erp.stock_of_sverka SET quantity = 4242").await;
    fixture.sync_done(&JOBS).await;
    assert_eq!(fixture.told_since(mark), [""; 0]);
    everything_works(&fixture).await;
}

#[tokio::test]
async fn a_daemon_starts_over_a_database_whose_tables_are_views() {
    let fixture = filled().await;
    replace_by_dropping(&fixture).await;
    let output = fixture.command(&["sync"]).await;
    assert!(output.status.success(), "{output:?}");
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn a_view_that_lacks_a_column_fails_the_run_with_a_reason_until_it_is_mended() {
    let fixture = filled().await;
    fixture.sync_done(&[Job::Warehouses, Job::Stock]).await;
    replace_by_dropping(&fixture).await;
    let mended =
        "CREATE VIEW erp.stock AS SELECT place AS warehouse_code, maker AS brand, art AS article, qty AS quantity,
                  booked AS reserved FROM company.goods";
    let broken =
        "CREATE VIEW erp.stock AS SELECT place AS warehouse_code, maker AS brand, art AS article, qty AS quantity
                  FROM company.goods";
    fixture.sql("DROP VIEW erp.stock CASCADE").await;
    fixture.sql(broken).await;
    let mark = fixture.mark();
    let runs = fixture.sync(&[Job::Stock]).await;
    assert_eq!(runs[0].outcome.as_deref(), Some("failed"));
    let note = runs[0].note.as_deref().unwrap_or_default();
    assert!(note.contains("reserved") && note.contains("erp"), "{note}");
    assert_eq!(
        fixture.told_since(mark),
        [""; 0],
        "nothing is published from half of the truth"
    );

    fixture.sql("DROP VIEW erp.stock CASCADE").await;
    fixture.sql(mended).await;
    fixture
        .sql("UPDATE company.goods SET qty = 66 WHERE place = 'W1' AND art = 'ART-00001'")
        .await;
    fixture.sync_done(&[Job::Stock]).await;
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/ART-00001 = 66"]);
    fixture.assert_in_sync().await;
}
