//! What the ERP wants bought: found, ordered exactly once whatever happens on the way, and kept current.

mod carreta;
mod many;
mod saplab;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sverka::job::Job;
use sverka::simulate::Simulator;
use sverka::simulate::world::Offer;

use crate::support::{Fixture, Setup};

/// A supplier that answers quickly or not at all.
async fn supplier() -> Fixture {
    let fixture = Setup::new()
        .set("carreta.timeout", "1s")
        .set("queue.quiet_window", "3s")
        .start()
        .await;
    fixture.sim.world().carreta.offers.clear();
    fixture
}

/// Something to buy.
fn offer(sim: &Simulator, maker: &str, code: &str, price: i64, qty: &str, min_qty: u32) {
    let mut world = sim.world();
    let source = format!("{}", world.carreta.offers.len() + 50);
    world.carreta.offers.push(Offer {
        code: code.into(),
        maker: maker.into(),
        name: "Фильтр масляный".into(),
        price: Decimal::new(price, 2),
        period_min: 2,
        period_max: 7,
        min_qty,
        qty: qty.into(),
        stat: Some(97),
        source,
        ..Offer::default()
    });
}

impl Fixture {
    /// The ERP wants something.
    async fn want(&self, id: i64, supplier: &str, what: (&str, &str), quantity: i64, max_price: Option<&str>) {
        let max_price = max_price.unwrap_or("NULL");
        let (brand, article) = what;
        self.sql(&format!(
            "INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity, max_price)
             VALUES ({id}, '{supplier}', '{brand}', '{article}', {quantity}, {max_price})"
        ))
        .await;
    }

    /// The columns of the ERP's row that are the daemon's: status, the supplier's number and status, error.
    async fn bought(&self, id: i64) -> [String; 4] {
        let row = self
            .value(&format!(
                "SELECT concat_ws('|', coalesce(status, ''), coalesce(supplier_number, ''), coalesce(supplier_status, ''),
                                  coalesce(error, ''))
                   FROM erp.purchase_orders WHERE id = {id}"
            ))
            .await
            .unwrap();
        let mut parts = row.splitn(4, '|').map(str::to_owned);
        std::array::from_fn(|_| parts.next().unwrap())
    }

    async fn buy(&self) {
        self.sync(&[Job::Purchases]).await;
    }
}

/// How often each comment stands in Carreta's orders.
fn placed(fixture: &Fixture) -> BTreeMap<String, usize> {
    let mut comments = BTreeMap::new();
    for order in &fixture.sim.world().carreta.orders {
        if order.client_comment.starts_with("SV-") {
            *comments.entry(order.client_comment.clone()).or_default() += 1;
        }
    }
    comments
}
