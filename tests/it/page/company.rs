//! A distributor's Tuesday, with something of everything on every page: what is looked at, and what pictures are made of.

use rust_decimal::Decimal;
use serde_json::json;
use sverka::job::Job;
use sverka::simulate::world::{Offer, Position, PositionEvent};
use sverka::simulate::{Action, PriceList, Rule, Upstream};

use super::TOKEN;
use crate::support::{Daemon, Fixture, Setup};

const GOODS: [(&str, &str, &str); 16] = [
    ("KEAZ", "OptiMat-D100N-MR1", "Выключатель автоматический"),
    ("KEAZ", "OptiMat-D250N-TM1", "Выключатель автоматический"),
    ("KEAZ", "OptiDin-BM63-1C16", "Выключатель модульный"),
    ("KEAZ", "OptiDin-BM63-3C25", "Выключатель модульный"),
    ("KEAZ", "OptiDin-BM63-3C63", "Выключатель модульный"),
    ("KEAZ", "OptiDin-VD63-4163", "Выключатель дифференциальный"),
    ("KEAZ", "BA57-35-340010-250A", "Выключатель автоматический"),
    ("KEAZ", "BA57-31-340010-100A", "Выключатель автоматический"),
    ("KEAZ", "BA04-36-340010-400A", "Выключатель автоматический"),
    ("KEAZ", "AE2046M-100-63A", "Выключатель автоматический"),
    ("KEAZ", "PM12-025100-220AC", "Контактор"),
    ("KEAZ", "PM12-063151-380AC", "Контактор"),
    ("KEAZ", "OptiStart-K1-09-30-10", "Контактор"),
    ("KEAZ", "OptiRel-G-PCM-48", "Реле"),
    ("KEAZ", "KMD-2-TD-16", "Пост кнопочный"),
    ("KEAZ", "PPN-33-100A", "Плавкая вставка"),
];

const WAREHOUSES: &str = "
    INSERT INTO erp.warehouses (code, name, address, contacts) VALUES
        ('MSK', 'Москва', 'Москва, ул. Рябиновая, 44', '+7 495 000-00-01'),
        ('SPB', 'Санкт-Петербург', 'Санкт-Петербург, пр. Стачек, 47', '+7 812 000-00-02'),
        ('EKB', 'Екатеринбург', 'Екатеринбург, ул. Монтажников, 26', '+7 343 000-00-03'),
        ('KRS', 'Курск', 'Курск, ул. Луначарского, 8', '+7 471 000-00-04');";

/// A company at work, and what went wrong there.
pub(crate) struct Company {
    pub(crate) fixture: Fixture,
    pub(crate) daemon: Daemon,
    /// A call that failed for good.
    pub(crate) dead: i64,
    /// One that may have happened.
    pub(crate) quarantined: i64,
    /// The run of stock that is under way.
    pub(crate) run: i64,
}

impl Company {
    /// Its pages: one of each kind, and of each state that looks its own way.
    pub(crate) fn pages(&self) -> Vec<(&'static str, String)> {
        let (dead, quarantined, run) = (self.dead, self.quarantined, self.run);
        vec![
            ("overview", "/".into()),
            ("diff", "/diff".into()),
            ("diff-filtered", "/diff?job=stock&warehouse=MSK&brand=&article=".into()),
            ("holds", "/holds".into()),
            ("hold", "/holds/1".into()),
            ("runs", "/runs".into()),
            ("runs-of-one", "/runs?job=stock".into()),
            ("run", format!("/runs/{run}")),
            ("history", "/history".into()),
            ("queue", "/queue".into()),
            ("queue-dead", "/queue?state=dead".into()),
            ("call-dead", format!("/queue/{dead}")),
            ("call-quarantined", format!("/queue/{quarantined}")),
            ("call-sure", format!("/queue/{quarantined}/retry")),
            ("goods", "/goods".into()),
            ("goods-unknown", "/goods?q=OptiDin-BM63-3C36".into()),
            ("article", "/article/OptiDin-BM63-3C25".into()),
            ("article-held", "/article/OptiMat-D100N-MR1".into()),
            ("order", "/order/NZ-1042".into()),
            ("order-purchase", "/order/7".into()),
            ("purchases", "/purchases".into()),
            ("nothing", "/no/such/page".into()),
        ]
    }
}

/// The company, in the middle of its work: KEAZ answers slowly, Carreta not at all.
pub(crate) async fn company() -> Company {
    let fixture = setup().start().await;
    fixture.sql(WAREHOUSES).await;
    fixture.sql(&stock()).await;
    prices(&fixture, 100);
    orders(&fixture);
    fixture
        .sync_done(&[Job::Warehouses, Job::Stock, Job::Orders, Job::Prices, Job::Reference])
        .await;
    purchases(&fixture).await;
    days_pass(&fixture).await;
    let (dead, quarantined) = calls(&fixture).await;
    somebody_else(&fixture);
    fixture.sync(&[Job::Orders]).await;
    fixture.sql(MORNING).await;
    let slow = Action::Gate("slow".into());
    for (upstream, operation, action) in [
        (Upstream::Keaz, "keaz.remains.update", slow),
        (
            Upstream::Carreta,
            "",
            down(503, "Сервис недоступен: плановые работы до 06:00"),
        ),
    ] {
        fixture.sim.inject(Rule::always(upstream, operation, action));
    }
    let run = fixture.request(&[Job::Stock]).await[0];
    fixture.request(&[Job::Prices]).await;
    let daemon = fixture.daemon().await;
    fixture.sim.wait_until_arrived("keaz.remains.update", 1).await;
    let resting =
        "EXISTS (SELECT FROM queue.upstream WHERE name = 'carreta' AND openings > 0 AND paused_until > now())";
    fixture
        .until("Carreta to be left alone", &format!("(SELECT {resting})"))
        .await;
    Company {
        fixture,
        daemon,
        dead,
        quarantined,
        run,
    }
}

fn setup() -> Setup {
    let mut setup = Setup::new().set("http.token", TOKEN).price_list("main");
    for (key, value) in [
        ("schedule.warehouses", "0 0 * * * *"),
        ("schedule.stock", "0 */30 * * * *"),
        ("schedule.orders", "0 */30 * * * *"),
        ("schedule.prices", "0 0 */3 * * *"),
        ("schedule.purchases", "0 0 * * * *"),
        ("schedule.reference", "0 0 4 * * *"),
        ("freshness.stock", "1h"),
        ("freshness.warehouses", "3h"),
        ("freshness.orders", "1h"),
        ("freshness.prices", "3h"),
        ("queue.carreta.breaker_wait", "1h"),
        ("queue.carreta.breaker_wait_max", "1h"),
        ("saplab.on_drift", "hold"),
    ] {
        setup = setup.set(key, value);
    }
    setup
        .set("saplab.panel.timeout", "2s")
        .set("queue.keaz.rate", 10)
        .set("queue.saplab.rate", 2)
        .set("keaz.batch_rows", 4)
}

/// 16 articles in each of four warehouses.
fn stock() -> String {
    let rows = GOODS.iter().enumerate().map(|(n, (brand, article, _))| {
        format!(
            "INSERT INTO erp.stock (warehouse_code, brand, article, quantity, reserved)
             SELECT code, '{brand}', '{article}', ({n} * 37 + length(address) * 5) % 180 + 3, {n} % 3 FROM erp.warehouses;"
        )
    });
    rows.collect::<String>() + "INSERT INTO erp.publishing_rules (id, brand, hold_back) VALUES (1, 'KEAZ', 2);"
}

/// Sixty rows of a supplier's list, so much a hundred dearer: our articles, and others.
fn prices(fixture: &Fixture, percent: usize) {
    let rows = (0..60).map(|n| {
        let (brand, article, name) = GOODS[n % GOODS.len()];
        let kind = if n < GOODS.len() {
            String::new()
        } else {
            format!("-{n:02}")
        };
        format!(
            "{brand};{article}{kind};{name};{}.50;{}\r\n",
            (900 + n * 61) * percent / 100,
            n % 9 + 1
        )
    });
    let list = "Производитель;Артикул;Наименование;Цена;Количество\r\n".to_owned() + &rows.collect::<String>();
    let list = PriceList::text(&list);
    fixture.sim.world().carreta.price_lists.insert("main".into(), list);
}

fn orders(fixture: &Fixture) {
    for (n, (brand, article, name)) in GOODS.iter().enumerate().take(9) {
        let added = chrono::Utc::now() - chrono::TimeDelta::hours(30 - i64::try_from(n).unwrap());
        fixture.position(Position {
            invoice: format!("NZ-{}", 1040 + n / 3),
            brand: (*brand).into(),
            article: (*article).into(),
            name: (*name).into(),
            quantity: u32::try_from(n).unwrap() % 4 + 1,
            price: Decimal::new(395_900 + i64::try_from(n).unwrap() * 12_550, 2),
            shipping_id: 1,
            shipping_address: "Курск, ул. Ленина, 12".into(),
            delivery_min: 1,
            delivery_max: 3,
            added,
            history: vec![PositionEvent {
                at: added,
                color: "FAFFB3".into(),
                status: "Принято".into(),
                manager: "Автоматически".into(),
            }],
            ..Position::default()
        });
    }
}

async fn purchases(fixture: &Fixture) {
    let offer = |(code, price, qty): (&str, i64, &str)| Offer {
        code: code.into(),
        maker: "KEAZ".into(),
        name: "Выключатель автоматический".into(),
        price: Decimal::new(price, 2),
        period_min: 2,
        period_max: 5,
        min_qty: 1,
        qty: qty.into(),
        stat: Some(96),
        source: "57".into(),
        ..Offer::default()
    };
    let offers = [
        ("OptiDin-BM63-3C63", 84_250, ">50"),
        ("PM12-025100-220AC", 212_000, "12"),
    ]
    .map(offer);
    fixture.sim.world().carreta.offers = offers.to_vec();
    fixture
        .sql(
            "INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity, max_price, comment) VALUES
                 (5, 'carreta', 'KEAZ', 'OptiDin-BM63-3C63', 10, 900, 'под заказ NZ-1041'),
                 (6, 'carreta', 'KEAZ', 'BA57-35-340010-250A', 2, 7500, NULL),
                 (7, 'carreta', 'KEAZ', 'PM12-025100-220AC', 4, 2150, 'срочно')",
        )
        .await;
    fixture.sync(&[Job::Purchases]).await;
    fixture
        .sql("INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity, max_price) VALUES (8, 'carreta', 'KEAZ', 'OptiRel-G-PCM-48', 6, 1200)")
        .await;
}

/// Changes of a few days, each pushed by a run of its own; and the runs of a week as the page remembers them.
async fn days_pass(fixture: &Fixture) {
    for sold in [3, 1, 4] {
        fixture
            .sql(&format!(
                "UPDATE erp.stock SET quantity = greatest(quantity - {sold}, 3) WHERE article LIKE 'OptiDin%'"
            ))
            .await;
        fixture.sync_done(&[Job::Stock]).await;
    }
    fixture
        .sql("UPDATE erp.orders SET status = 'working' WHERE saplab_id IN (4, 5, 6, 7)")
        .await;
    fixture.sync_done(&[Job::Orders]).await;
    fixture
        .sql(
            "INSERT INTO queue.run (job, lane, trigger, state, outcome, calls, dead_calls, rows_pulled, rows_pushed, requested_at,
                                    started_at, ended_at)
             SELECT job, job, 'schedule', 'ended', CASE WHEN bad THEN 'partial' ELSE 'done' END, 8, bad::int, size,
                    CASE WHEN n % 9 = 4 THEN size / 2 ELSE (n * n * 7 + size) % (size / 4) END, at, at,
                    at + make_interval(secs => 2 + (n * 13) % 9 * size / 200.0 + CASE WHEN bad THEN 30 ELSE 0 END)
               FROM (VALUES ('stock', 640), ('orders', 120), ('prices', 60)) AS j (job, size),
                    LATERAL (SELECT n, now() - make_interval(mins => 12 * (40 - n)) AS at, n IN (11, 12) AND job <> 'orders' AS bad
                               FROM generate_series(1, 39) n) r
              ORDER BY n",
        )
        .await;
}

/// A call that was refused for good, and one of which nobody knows whether it happened.
async fn calls(fixture: &Fixture) -> (i64, i64) {
    let refused = down(422, "Группа с таким названием уже есть");
    fixture
        .sim
        .inject(Rule::once(Upstream::Saplab, "saplab.panel.group.add", refused));
    let dead = fixture
        .ask("saplab.groups.add", json!({"name": "Опт 3", "discount": 7}))
        .await;
    assert_eq!(dead.state, "dead", "{dead:#?}");
    fixture
        .sim
        .inject(Rule::once(Upstream::Saplab, "saplab.panel.order.pay", Action::Drop));
    fixture.sim.world().saplab.clients.get_mut(&2).unwrap().balance = 100_000.into();
    let paid = fixture.ask("saplab.orders.pay", json!({"position": 4})).await;
    assert_eq!(paid.state, "quarantined", "{paid:#?}");
    (dead.id, paid.id)
}

/// What the ERP did this morning: sales, and a table that was half empty when Moscow was counted.
const MORNING: &str = "
    UPDATE erp.stock SET quantity = quantity + 24 WHERE warehouse_code IN ('SPB', 'EKB', 'KRS') AND article LIKE 'OptiDin%';
    UPDATE erp.stock SET quantity = greatest(quantity - 7, 3) WHERE warehouse_code = 'SPB';
    DELETE FROM erp.stock WHERE warehouse_code = 'MSK' AND article < 'OptiMat-E';
    UPDATE erp.orders SET status = 'issued' WHERE saplab_id IN (1, 2);
    UPDATE erp.warehouses SET contacts = '+7 471 000-00-14' WHERE code = 'KRS';";

/// A manager changes a status at the shop, and a supplier has nothing of all this.
fn somebody_else(fixture: &Fixture) {
    fixture.sim.world().saplab.positions.get_mut(&8).unwrap().status_id = 3;
    prices(fixture, 103);
}

fn down(code: u16, body: &str) -> Action {
    Action::Status {
        code,
        headers: Vec::new(),
        body: body.into(),
    }
}
