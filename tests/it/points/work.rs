//! What is wanted, of each kind, and how it is judged by what the upstreams hold and by their ledger.

use serde_json::json;
use sverka::job::Job;
use sverka::queue::look;
use sverka::simulate::world::{Offer, Position};
use sverka::simulate::{PriceList, Upstream};

use crate::support::Fixture;

/// A kind of work: one class of call, and what leads to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Read,
    Stock,
    Status,
    Purchase,
    Pay,
    Prices,
}

/// What a person had to do.
pub(super) enum Person {
    Content,
    Retried(usize),
}

/// What was asked for, and what the ledger held before.
pub(super) struct Wanted {
    work: Work,
    mark: usize,
    number: usize,
    position: u64,
}

/// Everything is in agreement before anybody dies.
pub(super) async fn prepare(fixture: &Fixture) {
    fixture.fill(1, 3).await;
    fixture.positions(1);
    {
        let mut world = fixture.sim.world();
        world.saplab.clients.get_mut(&2).unwrap().balance = 100_000_000.into();
        world.carreta.offers = vec![Offer {
            code: "OC47".into(),
            maker: "KNECHT/MAHLE".into(),
            price: 100.into(),
            min_qty: 1,
            qty: "500".into(),
            source: "50".into(),
            ..Offer::default()
        }];
        world
            .carreta
            .price_lists
            .insert("main".into(), PriceList::generated(1, 60));
    }
    fixture.sync_done(&[Job::Warehouses, Job::Stock]).await;
    fixture.sync_done(&[Job::Orders, Job::Prices]).await;
}

impl Work {
    pub(super) const ALL: [Self; 6] = [
        Self::Read,
        Self::Stock,
        Self::Status,
        Self::Purchase,
        Self::Pay,
        Self::Prices,
    ];

    /// The operation that is to be hit.
    pub(super) fn operation(self) -> &'static str {
        match self {
            Self::Read => "saplab.statuses.list",
            Self::Stock => "keaz.remains.update",
            Self::Status => "saplab.orders.set_status",
            Self::Purchase => "carreta.orders.create",
            Self::Pay => "saplab.orders.pay",
            Self::Prices => "carreta.prices.fetch",
        }
    }

    /// The same as the simulator calls it.
    pub(super) fn on_wire(self) -> (Upstream, &'static str) {
        match self {
            Self::Read => (Upstream::Saplab, "saplab.panel.status.list"),
            Self::Stock => (Upstream::Keaz, "keaz.remains.update"),
            Self::Status => (Upstream::Saplab, "saplab.panel.order.set_status"),
            Self::Purchase => (Upstream::Carreta, "carreta.order.create"),
            Self::Pay => (Upstream::Saplab, "saplab.panel.order.pay"),
            Self::Prices => (Upstream::Carreta, "carreta.price_list"),
        }
    }

    /// The request to the same upstream that comes just before, where that is certain.
    pub(super) fn before(self) -> Option<&'static str> {
        match self {
            Self::Stock => Some("keaz.remains.list"),
            Self::Status | Self::Pay => Some("saplab.panel.order.list"),
            Self::Read | Self::Purchase | Self::Prices => None,
        }
    }

    /// The others are GETs.
    pub(super) fn has_body(self) -> bool {
        matches!(self, Self::Stock | Self::Status | Self::Purchase)
    }

    /// Carreta says 201 and nothing else.
    pub(super) fn has_answer(self) -> bool {
        self != Self::Purchase
    }

    /// The company, or a person, wants something new.
    pub(super) async fn ask(self, fixture: &Fixture, number: usize) -> Wanted {
        let mark = fixture.mark();
        let mut position = 0;
        match self {
            Self::Read => {
                fixture.sim.world().saplab.statuses[0].name = format!("Стоп {number}");
                fixture.enqueue(self.operation(), json!({})).await;
            }
            Self::Stock => {
                fixture.sql("UPDATE erp.stock SET quantity = quantity + 1").await;
                fixture.request(&[Job::Stock]).await;
            }
            Self::Status => {
                position = fixture.position(Position::default());
                fixture
                    .sql(
                        "UPDATE erp.orders SET status = CASE status WHEN 'working' THEN 'ordered' ELSE 'working' END
                          WHERE saplab_id = 1",
                    )
                    .await;
                fixture.request(&[Job::Orders]).await;
            }
            Self::Purchase => {
                fixture
                    .sql(&format!(
                        "INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity)
                         VALUES ({number}, 'carreta', 'KNECHT/MAHLE', 'OC47', 1)"
                    ))
                    .await;
                fixture.request(&[Job::Purchases]).await;
            }
            Self::Pay => {
                position = fixture.position(Position::default());
                fixture.enqueue(self.operation(), json!({ "position": position })).await;
            }
            Self::Prices => {
                let list = PriceList::revised(1, 60, number as u64 + 1);
                fixture.sim.world().carreta.price_lists.insert("main".into(), list);
                fixture.request(&[Job::Prices]).await;
            }
        }
        let work = self;
        Wanted {
            work,
            mark,
            number,
            position,
        }
    }

    /// A person looks at what was put aside, and has it made again: nothing of it has happened.
    pub(super) async fn person(self, fixture: &Fixture) -> Person {
        let put_aside: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM queue.call WHERE state IN ('quarantined', 'dead') ORDER BY id")
                .fetch_all(&fixture.pool)
                .await
                .unwrap();
        for id in &put_aside {
            assert!(look::retry(&fixture.pool, *id, "a test").await.unwrap());
        }
        match put_aside.len() {
            0 => Person::Content,
            calls => Person::Retried(calls),
        }
    }
}

impl Wanted {
    /// The position that was to be paid.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// What was wanted is there, and nothing was done twice that must not be.
    pub(super) async fn judge(&self, fixture: &Fixture, what: &str) {
        let told = fixture.told_since(self.mark);
        let times = |effect: &str| told.iter().filter(|told| told.starts_with(effect)).count();
        match self.work {
            Work::Read => {
                let named = format!("mirror.saplab_status WHERE name = 'Стоп {}'", self.number);
                assert_eq!(fixture.count(&named).await, 1, "{what}");
            }
            Work::Stock => fixture.assert_keaz_equals_erp().await,
            Work::Status => {
                assert_eq!(times("saplab.panel.order.set_status 1 ="), 1, "{what}: {told:#?}");
                fixture.assert_statuses_equal_erp().await;
            }
            Work::Purchase => {
                let token = fixture
                    .value(&format!("SELECT mirror.purchase_token({})", self.number))
                    .await
                    .unwrap();
                assert_eq!(times(&format!("carreta.order.create {token}")), 1, "{what}: {told:#?}");
                let status = fixture
                    .value(&format!(
                        "SELECT status FROM erp.purchase_orders WHERE id = {}",
                        self.number
                    ))
                    .await;
                assert_eq!(status.as_deref(), Some("placed"), "{what}");
            }
            Work::Pay => {
                let paid = format!("saplab.panel.order.pay {} =", self.position);
                assert_eq!(times(&paid), 1, "{what}: {told:#?}");
                assert!(fixture.sim.world().saplab.positions[&self.position].is_payed, "{what}");
            }
            Work::Prices => {
                let same = "SELECT count(*) = 0 FROM diff.supplier_price";
                assert_eq!(fixture.value(same).await.as_deref(), Some("true"), "{what}");
                let etag = fixture
                    .value("SELECT etag FROM mirror.snapshot WHERE name = 'carreta.prices:main'")
                    .await;
                let list = PriceList::revised(1, 60, self.number as u64 + 1);
                assert_eq!(etag.as_deref(), Some(list.etag()), "{what}");
            }
        }
    }
}
