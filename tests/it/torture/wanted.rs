//! What the company wants while its daemons are tortured, and what the sites' ledgers hold of it in the end.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Map, json};
use sverka::job::Job;
use sverka::operation;
use sverka::queue::enqueue::enqueue_once;
use sverka::simulate::world::{Offer, Part, Position};

use crate::support::Fixture;

const ARTICLES: u32 = 40;
const PARTS: usize = 20;

/// Every wish.
pub(super) struct Wanted {
    /// Positions whose status the ERP changes, each once.
    statuses: Vec<u64>,
    told: usize,
    paid: Vec<u64>,
    /// Descriptions of balance operations.
    booked: Vec<String>,
    /// Purchases: id and supplier.
    bought: Vec<(usize, &'static str)>,
    stock: usize,
}

impl Wanted {
    pub(super) async fn prepare(fixture: &Fixture) -> Self {
        fixture.fill(2, ARTICLES).await;
        fixture.sql("UPDATE erp.stock SET quantity = quantity + 1").await;
        let statuses = fixture.positions(120);
        {
            let mut world = fixture.sim.world();
            world.saplab.clients.get_mut(&2).unwrap().balance = 100_000_000.into();
            world.saplab.parts = (0..PARTS).map(part).collect();
            world.carreta.offers = vec![Offer {
                code: "OC47".into(),
                maker: "KNECHT/MAHLE".into(),
                price: 100.into(),
                min_qty: 1,
                qty: "500".into(),
                source: "50".into(),
                ..Offer::default()
            }];
        }
        fixture.sync_done(&[Job::Warehouses, Job::Stock]).await;
        fixture.sync_done(&[Job::Orders, Job::Purchases]).await;
        Self {
            statuses,
            told: 0,
            paid: Vec::new(),
            booked: Vec::new(),
            bought: Vec::new(),
            stock: 0,
        }
    }

    /// One more wish, and the job that sees to it.
    pub(super) async fn more(&mut self, fixture: &Fixture, rng: &mut Rng) {
        match rng.u32(0..6) {
            0 => {
                let (article, quantity) = (rng.u32(1..=ARTICLES), rng.u32(1..60));
                fixture
                    .sql(&format!(
                        "UPDATE erp.stock SET quantity = {quantity} WHERE article = 'ART-' || lpad('{article}', 5, '0')"
                    ))
                    .await;
                self.stock += 1;
                fixture.request(&[Job::Stock]).await;
            }
            1 if self.told < self.statuses.len() => {
                let position = self.statuses[self.told];
                self.told += 1;
                fixture
                    .sql(&format!(
                        "UPDATE erp.orders SET status = 'working' WHERE saplab_id = {position}"
                    ))
                    .await;
                fixture.request(&[Job::Orders]).await;
            }
            2 => self.buy(fixture, "carreta", "KNECHT/MAHLE", "OC47").await,
            3 => {
                let part = part(self.bought.len() % PARTS);
                self.buy(fixture, "saplab", &part.brand, &part.article).await;
            }
            4 => {
                let position = fixture.position(Position::default());
                self.paid.push(position);
                ask(fixture, "saplab.orders.pay", json!({ "position": position })).await;
            }
            _ => {
                let description = format!("booking {}.", self.booked.len());
                let what = json!({ "client": 1, "amount": "10", "description": description });
                self.booked.push(description);
                ask(fixture, "saplab.balance.add", what).await;
            }
        }
    }

    async fn buy(&mut self, fixture: &Fixture, supplier: &'static str, brand: &str, article: &str) {
        let id = self.bought.len() + 1;
        self.bought.push((id, supplier));
        fixture
            .sql(&format!(
                "INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity)
                 VALUES ({id}, '{supplier}', '{brand}', '{article}', 1)"
            ))
            .await;
        fixture.request(&[Job::Purchases]).await;
    }

    pub(super) fn count(&self) -> usize {
        self.told + self.paid.len() + self.booked.len() + self.bought.len() + self.stock
    }

    /// What is not there, and what is there twice.
    pub(super) async fn judge(&self, fixture: &Fixture) -> (Vec<String>, Vec<String>) {
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for effect in fixture.sim.ledger() {
            *times.entry(format!("{} {}", effect.operation, effect.key)).or_default() += 1;
        }
        let mut found = Vec::new();
        for position in &self.paid {
            found.push(of(&times, format!("saplab.panel.order.pay {position}")));
        }
        for position in &self.statuses[..self.told] {
            found.push(of(&times, format!("saplab.panel.order.set_status {position}")));
        }
        {
            let world = fixture.sim.world();
            for description in &self.booked {
                let all = world.saplab.transactions.iter();
                let count = all.filter(|one| one.comment.starts_with(description.as_str())).count();
                found.push((description.clone(), count));
            }
        }
        for (id, supplier) in &self.bought {
            let token = fixture
                .value(&format!("SELECT mirror.purchase_token({id})"))
                .await
                .unwrap();
            let world = fixture.sim.world();
            let count = match *supplier {
                "carreta" => world
                    .carreta
                    .orders
                    .iter()
                    .filter(|one| one.client_comment == token)
                    .count(),
                _ => world
                    .saplab
                    .positions
                    .values()
                    .filter(|one| one.client_comment.contains(&token))
                    .count(),
            };
            found.push((format!("purchase {id} at {supplier}"), count));
        }
        let mut lost: Vec<String> = found
            .iter()
            .filter(|(_, count)| *count == 0)
            .map(|(what, _)| what.clone())
            .collect();
        let doubled = found
            .iter()
            .filter(|(_, count)| *count > 1)
            .map(|(what, count)| format!("{what}: {count}"));
        lost.extend(
            fixture
                .differing()
                .await
                .into_iter()
                .filter(|row| !row.starts_with("purchase:")),
        );
        lost.extend(self.not_placed(fixture).await);
        let doubled = doubled.collect();
        fixture.assert_keaz_equals_erp().await;
        (lost, doubled)
    }

    /// Purchases that the ERP is not told of.
    async fn not_placed(&self, fixture: &Fixture) -> Vec<String> {
        let rows: Vec<(i64, Option<String>, Option<String>)> =
            sqlx::query_as("SELECT id, status, error FROM erp.purchase_orders WHERE status IS DISTINCT FROM 'placed'")
                .fetch_all(&fixture.pool)
                .await
                .unwrap();
        let tell = |(id, status, error)| format!("purchase {id} in the ERP: {status:?} {error:?}");
        rows.into_iter().map(tell).collect()
    }
}

fn of(times: &BTreeMap<String, usize>, key: String) -> (String, usize) {
    let count = times.get(&key).copied().unwrap_or_default();
    (key, count)
}

fn part(number: usize) -> Part {
    Part {
        article: format!("P-{number}"),
        brand: "FEBI".into(),
        name: "Датчик".into(),
        stock: 100_000,
        multiplicity: 1,
        days: 3,
        price: 100.into(),
        replaces: None,
    }
}

/// As a person asks with `sverka call`, whether or not a daemon is alive.
async fn ask(fixture: &Fixture, name: &str, args: serde_json::Value) {
    let args: Map<_, _> = serde_json::from_value(args).unwrap();
    let call = operation::entry(name).unwrap().call(args).unwrap();
    enqueue_once(&fixture.pool, &call).await.unwrap().unwrap();
}
